import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { wechatCallback } from '../../src/phone/wechat/callback.ts';
import type { WechatCallback } from '../../src/phone/wechat/callback.ts';
import { isEncodingAesKey, wechatCipher } from '../../src/phone/wechat/cipher.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { mint } from '../support/signin.ts';

const TOKEN = 'callback-token';
const AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const APP_ID = 'wxaccount';

let edge: RunningEdge;
let callback: WechatCallback;
let scene: string;
let broken = false;
const notes: string[] = [];

function callbackWith(key: string | undefined): WechatCallback {
  return wechatCallback({
    ledger: edge.ledger,
    token: TOKEN,
    cipher: key === undefined ? undefined : wechatCipher(key, APP_ID, randomBytes),
    makeId: () => randomBytes(8).toString('hex'),
    now: Date.now,
    note: (why) => void notes.push(why),
  });
}

beforeAll(async () => {
  edge = await startEdge({
    over: {
      wechatScenes: {
        create: (made) => {
          scene = made;
          return Promise.resolve({ url: 'http://weixin.qq.com/q/x', expiresIn: 60 });
        },
        callback: { hear: (proof, body) => callback.hear(proof, body) },
      },
    },
    store: (store) =>
      new Proxy(store, {
        get: (target, name) =>
          broken && name === 'read'
            ? () => Promise.reject(new StoreUnavailable('away'))
            : (Reflect.get(target, name) as unknown),
      }),
  });
});

afterAll(() => edge.stop());

beforeEach(async () => {
  callback = callbackWith(AES_KEY);
  notes.length = 0;
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const code = `${edge.url}/v1/tickets/${ticket.ticketId}/wechat`;
  expectStatus(await call(code, { headers: ticket.secretHeaders }), 200);
});

/** WeChat's own end of the cipher, written after its documentation and not after ours. */
const theirs = { key: Buffer.from(`${AES_KEY}=`, 'base64') };

function hide(xml: string, appId = APP_ID): string {
  const text = Buffer.from(xml);
  const head = Buffer.concat([randomBytes(16), Buffer.from([0, 0, text.length >> 8, text.length & 255])]);
  const plain = Buffer.concat([head, text, Buffer.from(appId)]);
  const pad = 32 - (plain.length % 32);
  const cipher = createCipheriv('aes-256-cbc', theirs.key, theirs.key.subarray(0, 16));
  cipher.setAutoPadding(false);
  return cipher.update(Buffer.concat([plain, Buffer.alloc(pad, pad)])).toString('base64');
}

function shown(hidden: string): string {
  const decipher = createDecipheriv('aes-256-cbc', theirs.key, theirs.key.subarray(0, 16));
  decipher.setAutoPadding(false);
  const plain = decipher.update(Buffer.from(hidden, 'base64'));
  return plain.subarray(20, 20 + plain.readUInt32BE(16)).toString();
}

const sha1 = (...parts: string[]): string => createHash('sha1').update(parts.sort().join('')).digest('hex');

const scanEvent = (): string =>
  `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[openid-1]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[${scene}]]></EventKey></xml>`;

/** The call that WeChat makes of a message in one of its modes. */
function made(
  mode: 'plain' | 'compatible' | 'safe',
  { appId, xml = scanEvent() }: { appId?: string; xml?: string } = {},
): { query: Record<string, string>; body: string } {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomBytes(5).toString('hex')];
  const signature = sha1(TOKEN, timestamp, nonce);
  if (mode === 'plain') return { query: { signature, timestamp, nonce }, body: xml };
  const hidden = hide(xml, appId);
  const encrypt = `<Encrypt><![CDATA[${hidden}]]></Encrypt>`;
  const msg_signature = sha1(TOKEN, timestamp, nonce, hidden);
  return {
    query: { signature, timestamp, nonce, encrypt_type: 'aes', msg_signature, openid: 'openid-1' },
    body:
      mode === 'safe'
        ? `<xml><ToUserName><![CDATA[gh_1]]></ToUserName>${encrypt}</xml>`
        : xml.replace('</xml>', `${encrypt}</xml>`),
  };
}

async function tell({ query, body }: { query: Record<string, string>; body: string }) {
  const response = await fetch(`${edge.url}/phone/wechat/events?${new URLSearchParams(query).toString()}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const SUCCESS = { status: 200, text: 'success' };
const member = (xml: string, name: string): string =>
  new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^\\]<]*)`).exec(xml)?.[1] ?? '';

test('opens the message of WeChat’s own sample', () => {
  const cipher = wechatCipher(AES_KEY, 'wx2c2769f8efd9abc2', randomBytes);
  const sample =
    'hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=';
  expect(cipher.open(sample)).toContain('<Content><![CDATA[abcdteT]]></Content>');
  expect(wechatCipher(AES_KEY, 'wxother', randomBytes).open(sample)).toBeUndefined();
  for (const damaged of ['', 'x', sample.slice(44), sample.slice(0, -44), 'A'.repeat(43)])
    expect(cipher.open(damaged)).toBeUndefined();
  for (const length of [0, 1, 11, 12, 500])
    expect(cipher.open(cipher.seal('é'.repeat(length)))).toBe('é'.repeat(length));
  expect([isEncodingAesKey(AES_KEY), isEncodingAesKey(`${AES_KEY}=`)]).toEqual([true, false]);
});

test.each(['safe', 'compatible'] as const)('in the %s mode a scan is answered in cipher', async (mode) => {
  const { status, text } = await tell(made(mode));
  expect(status).toBe(200);
  const hidden = member(text, 'Encrypt');
  expect(member(text, 'MsgSignature')).toBe(
    sha1(TOKEN, member(text, 'TimeStamp'), member(text, 'Nonce'), hidden),
  );
  expect(shown(hidden)).toContain('<ToUserName><![CDATA[openid-1]]></ToUserName>');
  expect(shown(hidden)).toContain('/s/');
  expect(text).not.toContain('openid-1');
});

test('attack: what was not hidden by WeChat for this account leads nowhere', async () => {
  const safe = made('safe');
  const forged = { ...safe, query: { ...safe.query, msg_signature: sha1('other') } };
  expect((await tell(forged)).status).toBe(404);
  const { msg_signature: _, ...unsigned } = safe.query;
  expect((await tell({ ...safe, query: unsigned })).status).toBe(404);
  expect((await tell({ ...safe, body: made('safe').body })).status).toBe(404);
  expect(notes).toEqual([]);
  expect((await tell(made('safe', { appId: 'wxother' }))).status).toBe(404);
  expect((await tell(made('plain'))).status).toBe(404);
  expect(notes).toEqual([
    'a message cannot be decrypted: is the EncodingAESKey right?',
    'a message came in plain, though there is an EncodingAESKey: it is not heard',
  ]);
});

test('without the key a hidden message is acknowledged and complained of; the compatible mode works', async () => {
  callback = callbackWith(undefined);
  expect(await tell(made('safe'))).toEqual(SUCCESS);
  expect(notes).toEqual(['messages come encrypted, and there is no EncodingAESKey to read them with']);
  expect((await tell(made('compatible'))).text).toContain('/s/');
});

test.each(['plain', 'safe'] as const)('the very same call again is acknowledged (%s)', async (mode) => {
  if (mode === 'plain') callback = callbackWith(undefined);
  const scan = made(mode);
  expect((await tell(scan)).text).toContain('<xml>');
  for (let count = 0; count < 3; count += 1) expect(await tell(scan)).toEqual(SUCCESS);
  const other = { ...scan, body: scan.body.replace('gh_1', 'gh_2') };
  expect((await tell(other)).status).toBe(404);
});

test('a call that could not be answered is answered when it is made again', async () => {
  const scan = made('safe');
  broken = true;
  expect((await tell(scan)).status).toBe(503);
  // The document does not know this address, so a 503 there counts as none of its answers.
  expect(edge.record.violations.splice(0)).toEqual(['POST /phone/wechat/events: 503']);
  broken = false;
  expect((await tell(scan)).text).toContain('<xml>');
});

test('the address is proven with and without the key', async () => {
  const { query } = made('plain');
  const address = `${edge.url}/phone/wechat/events?${new URLSearchParams({ ...query, echostr: 'echo-me' }).toString()}`;
  expect((await call(address)).text).toBe('echo-me');
});
