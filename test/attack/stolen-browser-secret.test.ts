import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { WebSocket } from 'ws';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, deny, readScanCode, redeem, s256, scan } from '../support/signin.ts';
import type { Notice } from '../support/signin.ts';

const CALLBACK = 'https://app.example/back?keep=1';
const policy = { shows_scanner: true, number_match: false, verified: false, pkce: 'required' } as const;

let edge: RunningEdge;
let browser: { readonly publicKey: JWK; readonly privateKey: CryptoKey };

beforeAll(async () => {
  edge = await startEdge({
    token: 'own',
    clients: [{}, { client_id: 'sealed', policy: { ...policy, sealed_results: true } }],
  });
  const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  browser = { publicKey: await exportJWK(pair.publicKey), privateKey: pair.privateKey };
});

afterAll(() => edge.stop());

interface Sealed extends Notice {
  readonly sealed?: string;
  readonly browser_secret: string;
}

const VERIFIER = randomBytes(32).toString('base64url');

function mint(clientId: string, more: object): ReturnType<typeof call<Sealed>> {
  return call<Sealed>(`${edge.url}/v1/tickets`, {
    json: {
      client_id: clientId,
      redirect_uri: CALLBACK,
      state: 'a state',
      binding: 'bearer',
      code_challenge: s256(VERIFIER),
      code_challenge_method: 'S256',
      ...more,
    },
  });
}

async function opened(notice: Sealed): Promise<Pick<Notice, 'scanner' | 'result'>> {
  const { plaintext } = await compactDecrypt(notice.sealed ?? '', browser.privateKey);
  return JSON.parse(new TextDecoder().decode(plaintext)) as Pick<Notice, 'scanner' | 'result'>;
}

/** Everything that the holder of a browser secret can hear of a ticket, by every way there is. */
async function heard(ticketId: string, secret: string): Promise<readonly Sealed[]> {
  const at = `${edge.url}/v1/tickets/${ticketId}`;
  const headers = { authorization: `Bearer ${secret}` };
  const socket = new WebSocket(`${at.replace('http', 'ws')}/socket`, 'scangate.v1', { headers });
  const message = await new Promise<string>((resolve, reject) => {
    socket.on('message', (data: Buffer) => resolve(data.toString('utf8')));
    socket.on('error', reject);
  });
  await new Promise((closed) => {
    socket.on('close', closed);
    socket.close();
  });
  const looked = (await call<Sealed>(at, { headers })).body;
  const polled = (await call<Sealed>(`${at}/poll`, { headers })).body;
  const told = [looked, polled, JSON.parse(message) as Sealed];
  // A stream ends by itself once there is nothing more to wait for.
  const stream = looked.advice.final ? (await call(`${at}/events`, { headers })).text : '';
  const [, data] = /^data: ?(.*)$/m.exec(stream) ?? [];
  return data === undefined ? told : [...told, JSON.parse(data) as Sealed];
}

test.each(['sealed', 'app'])(
  'attack: who stole the browser secret, and not its key, learns neither code nor scanner (%s)',
  async (clientId) => {
    const result_key = browser.publicKey;
    const minted = expectStatus(await mint(clientId, { result_key }), 201);
    const { ticket_id: id, browser_secret: secret } = minted;
    expect(minted.sealed).toBeUndefined();
    const scanned = expectStatus(await scan(edge.url, readScanCode(minted), 'alice'), 201);
    for (const notice of await heard(id, secret)) {
      expect(JSON.stringify(notice)).not.toMatch(/alice/);
      expect(notice).toMatchObject({ status: 'scanned' });
      expect(notice).not.toHaveProperty('scanner');
      expect(await opened(notice)).toEqual({ scanner: { name: 'alice' } });
    }
    expectStatus(await confirm(edge.url, scanned, 'alice'), 200);
    const codes = new Set<string>();
    const all = await heard(id, secret);
    expect(all).toHaveLength(4);
    for (const notice of all) {
      expect(notice).toMatchObject({ status: 'confirmed', advice: { final: true } });
      expect(notice).not.toHaveProperty('result');
      expect(decodeProtectedHeader(notice.sealed ?? '')).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' });
      const { result } = await opened(notice);
      expect(result).toMatchObject({ state: 'a state', redirect_to: expect.stringContaining('code=') });
      codes.add(result?.code ?? '');
      expect(JSON.stringify(notice)).not.toContain(result?.code);
    }
    const [code = '', ...others] = codes;
    expect(others).toEqual([]);
    const ticket = { verifier: VERIFIER, clientId, redirectUri: CALLBACK };
    expectStatus(await redeem(edge.url, ticket, code), 200);
  },
);

test('a refusal is told in the open: there is nothing in it to steal', async () => {
  const {
    ticket_id: id,
    browser_secret: secret,
    ...minted
  } = expectStatus(await mint('sealed', { result_key: browser.publicKey }), 201);
  const scanned = expectStatus(await scan(edge.url, readScanCode(minted), 'alice'), 201);
  expectStatus(await deny(edge.url, scanned, 'alice'), 200);
  for (const notice of await heard(id, secret)) {
    expect(notice.result).toMatchObject({ error: 'access_denied', state: 'a state' });
    expect(notice).not.toHaveProperty('sealed');
  }
});

test('attack: a client that takes sealed results alone gets no ticket without a key, nor with one that is none', async () => {
  const { x, y } = browser.publicKey;
  const wrong = [
    undefined,
    { ...browser.publicKey, y: x },
    { ...browser.publicKey, crv: 'P-384' },
    { kty: 'EC', crv: 'P-256', x },
    { kty: 'oct', k: 'AAAA' },
    { kty: 'EC', crv: 'P-256', x: 'AA', y },
    'a key',
  ];
  for (const result_key of wrong) {
    const { status, body } = await mint('sealed', { result_key });
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({ field: expect.stringMatching(/^result_key/) }),
    ]);
  }
  expectStatus(await mint('app', {}), 201);
});

test('attack: nor does its answer go by form, or to a page without script', async () => {
  const query = new URLSearchParams({
    client_id: 'sealed',
    redirect_uri: CALLBACK,
    response_type: 'code',
    code_challenge: s256(VERIFIER),
    code_challenge_method: 'S256',
  });
  const page = await call(`${edge.url}/oauth/authorize?${query.toString()}`);
  expect(page.text).toContain('data-sealed="true"');
  const other = await call(`${edge.url}/oauth/authorize?${query.toString()}`.replace('=sealed', '=app'));
  expect(other.text).toContain('data-sealed=""');
  const posted = await call(`${edge.url}/oauth/authorize?${query.toString()}&response_mode=form_post`);
  expect(posted.text).toContain('invalid_request');
  const plain = await call(`${edge.url}/plain?${query.toString()}`, {
    headers: { 'sec-fetch-dest': 'document' },
  });
  expect(plain.status).toBe(400);
});
