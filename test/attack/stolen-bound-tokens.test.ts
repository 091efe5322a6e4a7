import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { WebSocket } from 'ws';
import { KeyHolder } from '../oauth/key-holder.ts';
import type { ProofOver } from '../oauth/key-holder.ts';
import { call, expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, look, mint, readScanCode, s256, scan } from '../support/signin.ts';
import type { Minted, Tokens } from '../support/signin.ts';

let gateway: Gateway;
let owner: KeyHolder;
let thief: KeyHolder;

beforeAll(async () => {
  gateway = await startGateway();
  [owner, thief] = [await KeyHolder.make(), await KeyHolder.make()];
});

afterAll(() => gateway?.stop());

interface Redeeming {
  readonly ticket: Minted;
  readonly form: Readonly<Record<string, string | undefined>>;
}

/** A confirmed sign-in whose code waits. */
async function confirmed(): Promise<Redeeming> {
  const ticket = await mint(gateway.url, { scope: 'openid profile offline_access' });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  expectStatus(await confirm(gateway.url, scanned), 200);
  const { result } = (await look(ticket)).body;
  const { clientId, redirectUri, verifier } = ticket;
  return {
    ticket,
    form: {
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code: result?.code,
      code_verifier: verifier,
    },
  };
}

const tokenUrl = (): string => `${gateway.url}/oauth/token`;
const infoUrl = (): string => `${gateway.url}/oauth/userinfo`;

async function signIn(): Promise<Tokens> {
  const { form } = await confirmed();
  return expectStatus(await owner.call<Tokens>(tokenUrl(), { form }), 200);
}

describe('attack: an access token that was stolen, without its key', () => {
  let token: string;
  let sid: string;
  beforeAll(async () => {
    token = (await signIn()).access_token;
    sid = String(decodeJwt(token)['sid']);
    expectStatus(await owner.call(infoUrl(), {}, token), 200);
    thief.nonce = owner.nonce;
  });

  test('is no bearer at userinfo', async () => {
    const bearer = { authorization: `Bearer ${token}` };
    const answer = await call(infoUrl(), { headers: bearer });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token", algs="[^"]*ES256/);
    expect((await call(infoUrl(), { form: { access_token: token } })).status).toBe(401);
    const both = { ...bearer, dpop: await owner.proof('GET', infoUrl(), token) };
    expect((await call(infoUrl(), { headers: both })).status).toBe(401);
  });

  const proofs: [string, () => KeyHolder, ProofOver][] = [
    ['another key', () => thief, {}],
    ['the key, of another token', () => owner, { claims: { ath: 'x'.repeat(43) } }],
    ['the key, of no token', () => owner, { claims: { ath: undefined } }],
    ['the key, of another request', () => owner, { claims: { htm: 'POST' } }],
    ['the key, of another address', () => owner, { claims: { htu: 'http://localhost/oauth/token' } }],
  ];
  test.each(proofs)('does nothing with a proof of %s', async (_name, who, over) => {
    const dpop = await who().proof('GET', infoUrl(), token, over);
    const answer = await call(infoUrl(), { headers: { authorization: `DPoP ${token}`, dpop } });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: 'invalid_dpop_proof' });
  });

  test('does nothing with a proof that the owner has used', async () => {
    const dpop = await owner.proof('GET', infoUrl(), token);
    const headers = { authorization: `DPoP ${token}`, dpop };
    expect((await call(infoUrl(), { headers })).status).toBe(200);
    expect((await call(infoUrl(), { headers })).body).toMatchObject({ error: 'invalid_dpop_proof' });
  });

  test('is worth no word about its user where anybody may name the client', async () => {
    expect(expectStatus(await owner.call(infoUrl(), {}, token), 200)).toMatchObject({ name: 'alice' });
    const form = { client_id: 'demo', token };
    const { body } = await call(`${gateway.url}/oauth/introspect`, { form });
    expect(body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: owner.jkt } });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['name']));
  });

  test('watches no session', async () => {
    for (const path of ['events', 'poll']) {
      const url = `${gateway.url}/v1/sessions/${sid}/${path}`;
      const ways = [
        { authorization: `Bearer ${token}` },
        { authorization: `DPoP ${token}` },
        { authorization: `DPoP ${token}`, dpop: await thief.proof('GET', url, token) },
        { authorization: `DPoP ${token}`, dpop: await owner.proof('GET', `${url}s`, token) },
      ];
      for (const headers of ways) expect((await call(url, { headers })).status).toBe(404);
    }
    const socket = `${gateway.url.replace('http', 'ws')}/v1/sessions/${sid}/socket`;
    const closed = (headers: Record<string, string>, first?: object): Promise<number> => {
      const web = new WebSocket(socket, 'scangate.v1', { headers });
      return new Promise((resolve) => {
        web.on('error', () => undefined);
        web.on('open', () => first && web.send(JSON.stringify(first)));
        web.on('message', () => resolve(200));
        web.on('close', resolve);
      });
    };
    const dpop = await thief.proof('GET', socket, token);
    expect(await closed({ authorization: `Bearer ${token}` })).toBe(4401);
    expect(await closed({ authorization: `DPoP ${token}`, dpop })).toBe(4401);
    expect(await closed({}, { bearer: token })).toBe(4401);
    expect(await closed({}, { bearer: token, dpop })).toBe(4401);
    const right = await owner.proof('GET', socket, token);
    expect(await closed({}, { bearer: token, dpop: right })).toBe(200);
  });
});

test('attack: a bearer is not dressed up as a bound token', async () => {
  const { form } = await confirmed();
  const { access_token: token } = expectStatus(await call<Tokens>(tokenUrl(), { form }), 200);
  thief.nonce ??= owner.nonce;
  const answer = await thief.call(infoUrl(), {}, token);
  expect(answer.status).toBe(401);
  expect((await call(infoUrl(), { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
});

test('attack: a refresh token that was stolen does nothing without its key, and ends nothing', async () => {
  const tokens = await signIn();
  const form = {
    grant_type: 'refresh_token',
    client_id: 'demo',
    refresh_token: tokens.refresh_token,
  };
  const refused = { error: 'invalid_grant' };
  expect((await call(tokenUrl(), { form })).body).toMatchObject(refused);
  expect((await thief.call(tokenUrl(), { form })).body).toMatchObject(refused);
  const next = expectStatus(await owner.call<Tokens>(tokenUrl(), { form }), 200);
  // Within the time in which a lost answer is given again, it is given to the key that had it.
  expect((await call(tokenUrl(), { form })).body).toMatchObject(refused);
  expect((await thief.call(tokenUrl(), { form })).body).toMatchObject(refused);
  const again = expectStatus(await owner.call<Tokens>(tokenUrl(), { form }), 200);
  expect(again.refresh_token).toBe(next.refresh_token);
});

test('attack: the answer to a code is given again to the key that had it, and to no other', async () => {
  const { form } = await confirmed();
  const headers = { 'idempotency-key': 'once' };
  const first = expectStatus(await owner.call<Tokens>(tokenUrl(), { form, headers }), 200);
  const refused = { error: 'invalid_grant' };
  expect((await call(tokenUrl(), { form, headers })).body).toMatchObject(refused);
  expect((await thief.call(tokenUrl(), { form, headers })).body).toMatchObject(refused);
  const again = expectStatus(await owner.call<Tokens>(tokenUrl(), { form, headers }), 200);
  expect(again).toEqual(first);
});

test('attack: a key that a page without JavaScript was opened with counts', async () => {
  const verifier = 'v'.repeat(43);
  const redirectUri = `${gateway.url}/demo/callback`;
  const query = new URLSearchParams({
    client_id: 'demo',
    redirect_uri: redirectUri,
    code_challenge: s256(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: owner.jkt,
  });
  const opened = await call(`${gateway.url}/plain?${query.toString()}`);
  expectStatus(opened, 303);
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = async (): Promise<string> =>
    (await call(gateway.url + opened.headers.get('location'), { headers: { cookie } })).text;
  const scanCode = /href="[^"]*\/s\/([^"]+)"/.exec(await page())?.[1] ?? '';
  expectStatus(await confirm(gateway.url, expectStatus(await scan(gateway.url, scanCode), 201)), 200);
  const code = /[?;]code=([^"&]+)/.exec(await page())?.[1] ?? '';
  const form = {
    grant_type: 'authorization_code',
    client_id: 'demo',
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
  };
  const refused = { error: 'invalid_grant' };
  expect((await call(tokenUrl(), { form })).body).toMatchObject(refused);
  expect((await thief.call(tokenUrl(), { form })).body).toMatchObject(refused);
  expect(expectStatus(await owner.call<Tokens>(tokenUrl(), { form }), 200).token_type).toBe('DPoP');
});

test('attack: a device code that was begun with a key is no use to another', async () => {
  const begun = await owner.call<Record<string, string>>(`${gateway.url}/oauth/device_authorization`, {
    form: { client_id: 'demo', scope: 'openid' },
  });
  const { device_code: code, user_code: userCode = '' } = expectStatus(begun, 200);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'demo',
    device_code: code,
  };
  expect((await owner.call(tokenUrl(), { form })).body).toMatchObject({ error: 'authorization_pending' });
  const scanned = expectStatus(await scan(gateway.url, { userCode }), 201);
  expectStatus(await confirm(gateway.url, scanned), 200);
  expect((await call(tokenUrl(), { form })).body).toMatchObject({ error: 'invalid_grant' });
  expect((await thief.call(tokenUrl(), { form })).body).toMatchObject({ error: 'invalid_grant' });
  expect(expectStatus(await owner.call<Tokens>(tokenUrl(), { form }), 200).token_type).toBe('DPoP');
});
