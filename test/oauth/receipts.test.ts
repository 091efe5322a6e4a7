import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  SignJWT,
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
} from 'jose';
import type { JSONWebKeySet } from 'jose';
import * as oauth from 'oauth4webapi';
import { recordKeyOf } from '../../src/secrets/record-keys.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { call, expectStatus } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS } from '../support/gateway.ts';
import { look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

const CALLBACK = 'https://app.example/cb';

let warm: Warm;
let gateway: WarmGateway;
let folder: TemporaryFolder;
let keys: JSONWebKeySet;

beforeAll(async () => {
  folder = await temporaryFolder();
  const client = (id: string, scope: string, more: object = {}) => ({
    client_id: id,
    redirect_uris: [CALLBACK],
    scope,
    ...more,
  });
  const clients = [
    client('shop', 'openid offline_access receipt', { scangate: { number_match: true } }),
    client('plain', 'openid'),
    client('careful', 'openid receipt', { scangate: { accept: 'always' } }),
  ];
  writeFileSync(join(folder.path, 'clients.json'), JSON.stringify(clients));
  warm = startWarm();
  gateway = await warm.gateway({
    SCANGATE_CLIENTS_FILE: join(folder.path, 'clients.json'),
    SCANGATE_SECRETS: TEST_SECRETS,
  });
  const published = await call(`${gateway.url}/.well-known/scangate-record-keys`);
  keys = expectStatus(published, 200) as unknown as JSONWebKeySet;
  writeFileSync(join(folder.path, 'keys.json'), published.text);
});

afterAll(async () => {
  await warm?.stop();
  await folder.remove();
});

type Told = Readonly<Record<string, unknown>> & { readonly receipt?: string; readonly id_token: string };

/** A whole sign-in: what the phone and the client were answered. */
async function signIn(clientId: string, scope: string, asked?: boolean) {
  const ticket = await mint(gateway.url, {
    clientId,
    redirectUri: CALLBACK,
    scope,
    headers: { 'user-agent': 'Tester/1' },
  });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), 'ada'), 201);
  const { number } = expectStatus(await look(ticket), 200);
  const json = { handshake: scanned.handshake, number, receipt: asked };
  const confirming = () =>
    call<{ receipt?: string }>(`${gateway.url}/v1/tickets/${ticket.ticketId}/confirm`, {
      headers: { authorization: 'Bearer demo-ada' },
      json,
    });
  const phone = expectStatus(await confirming(), 200);
  const { result } = expectStatus(await look(ticket), 200);
  const code = result?.code ?? '';
  const key = { idempotencyKey: 'once' };
  const tokens = expectStatus(await redeem(gateway.url, ticket, code, key), 200) as unknown as Told;
  const again = expectStatus(await redeem(gateway.url, ticket, code, key), 200) as unknown as Told;
  return { ticket, phone, tokens, again, phoneAgain: expectStatus(await confirming(), 200) };
}

test('a receipt says who approved which request, is the same for both and at each repetition', async () => {
  const { ticket, phone, tokens, again, phoneAgain } = await signIn('shop', 'openid receipt');
  const { receipt = '' } = tokens;
  expect([phone.receipt, phoneAgain.receipt, again.receipt]).toEqual([receipt, receipt, receipt]);
  const { payload, protectedHeader } = await jwtVerify(receipt, createLocalJWKSet(keys));
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: keys.keys[0]?.kid, typ: 'scangate-receipt+jwt' });
  expect(payload).toEqual({
    iss: gateway.url,
    iat: expect.any(Number),
    jti: expect.stringMatching(new RegExp(`^${ticket.ticketId}\\.\\d+-\\d+$`)),
    sub_id: { format: 'iss_sub', iss: gateway.url, sub: 'ada' },
    client_id: 'shop',
    ticket_id: ticket.ticketId,
    scope: 'openid receipt',
    auth_time: expect.any(Number),
    amr: ['user'],
    number_matched: true,
    browser: { ip: '127.0.0.1', agent: 'Tester/1' },
  });
});

test('none without the scope, and the phone gets its own where it asks; a refresh brings no other', async () => {
  const plain = await signIn('plain', 'openid receipt');
  expect(plain.tokens['scope']).toBe('openid');
  expect([plain.tokens.receipt, plain.phone.receipt]).toEqual([undefined, undefined]);
  const asked = await signIn('plain', 'openid', true);
  expect(asked.tokens.receipt).toBeUndefined();
  expect(decodeJwt(asked.phone.receipt ?? '')).toMatchObject({ client_id: 'plain', number_matched: false });
  const declined = await signIn('shop', 'openid offline_access receipt', false);
  expect(declined.phone).toEqual({ status: 'confirmed' });
  const refreshed = await call(`${gateway.url}/oauth/token`, {
    form: {
      grant_type: 'refresh_token',
      client_id: 'shop',
      refresh_token: String(declined.tokens['refresh_token']),
    },
  });
  expect(expectStatus(refreshed, 200)).not.toHaveProperty('receipt');
});

test('attack: whom the browser has not accepted gets no receipt of it', async () => {
  const ticket = await mint(gateway.url, {
    clientId: 'careful',
    redirectUri: CALLBACK,
    scope: 'openid receipt',
  });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), 'ada'), 201);
  const at = `${gateway.url}/v1/tickets/${ticket.ticketId}`;
  const confirming = () =>
    call<{ receipt?: string }>(`${at}/confirm`, {
      headers: { authorization: 'Bearer demo-ada' },
      json: { handshake: scanned.handshake, receipt: true },
    });
  expect(expectStatus(await confirming(), 200)).toEqual({ status: 'confirmed' });
  expectStatus(await call(`${at}/accept`, { method: 'POST', headers: ticket.secretHeaders }), 200);
  expect(decodeJwt(expectStatus(await confirming(), 200).receipt ?? '')).toMatchObject({
    ticket_id: ticket.ticketId,
  });
});

describe('a receipt is no other kind of token', () => {
  let receipt: string;
  let tokens: Told;

  beforeAll(async () => {
    ({ tokens } = await signIn('shop', 'openid receipt'));
    receipt = tokens.receipt ?? '';
  });

  test('at the gateway: no access token, hint, assertion or refresh token', async () => {
    const userInfo = (token: string) =>
      call(`${gateway.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    expect((await userInfo(String(tokens['access_token']))).status).toBe(200);
    expect((await userInfo(receipt)).status).toBe(401);
    const end = (hint: string) => call(`${gateway.url}/oauth/logout?id_token_hint=${hint}`);
    expect((await end(receipt)).status).toBe(400);
    expect((await userInfo(String(tokens['access_token']))).status).toBe(200);
    const ask = (form: Record<string, string>) => call(`${gateway.url}/oauth/token`, { form });
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    for (const form of [
      { grant_type: 'refresh_token', client_id: 'shop', refresh_token: receipt.slice(0, 512) },
      { grant_type: 'authorization_code', client_assertion_type, client_assertion: receipt, code: 'x' },
    ])
      expect((await ask(form)).body).toMatchObject({
        error: expect.stringMatching(/^invalid_(grant|client)$/),
      });
    const introspected = await call(`${gateway.url}/oauth/introspect`, {
      form: { client_id: 'shop', token: receipt },
    });
    expect(expectStatus(introspected, 200)).toEqual({ active: false });
  });

  test('at libraries of others: no ID token, access token or logout token, even with the keys of receipts', async () => {
    const remote = createRemoteJWKSet(new URL(`${gateway.url}/oauth/jwks`));
    const issuer = gateway.url;
    await expect(jwtVerify(tokens.id_token, remote, { issuer, audience: 'shop' })).resolves.toBeDefined();
    await expect(jwtVerify(receipt, remote)).rejects.toThrow('no applicable key');
    const local = createLocalJWKSet(keys);
    await expect(jwtVerify(receipt, local, { issuer, audience: 'shop' })).rejects.toThrow('aud');
    for (const typ of ['JWT', 'at+jwt', 'logout+jwt'])
      await expect(jwtVerify(receipt, local, { issuer, typ })).rejects.toThrow('typ');

    const insecure = { [oauth.allowInsecureRequests]: true };
    const found = await oauth.discoveryRequest(new URL(issuer), insecure);
    const server = await oauth.processDiscoveryResponse(new URL(issuer), found);
    const resource = new Request('https://api.example/', { headers: { authorization: `Bearer ${receipt}` } });
    await expect(oauth.validateJwtAccessToken(server, resource, issuer, insecure)).rejects.toThrow();
    const asIdToken = Response.json({ ...tokens, id_token: receipt });
    await expect(
      oauth.processAuthorizationCodeResponse(server, { client_id: 'shop' }, asIdToken, {
        requireIdToken: true,
      }),
    ).rejects.toThrow();
  });

  test('and no other kind of token is a receipt', async () => {
    for (const other of [tokens.id_token, String(tokens['access_token'])])
      expect((await verify(other)).told).toMatchObject({ receipt: null });
    const ring = new KeyRing([TEST_SECRETS]);
    const { kid = '' } = decodeProtectedHeader(receipt);
    const resigned = await new SignJWT(decodeJwt(receipt))
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .sign(recordKeyOf(ring, ring.makingId)!);
    expect((await verify(resigned)).told).toMatchObject({ reason: 'it is another kind of token' });
  });
});

async function verify(text: string): Promise<{ readonly status: number | null; readonly told: unknown }> {
  const file = join(folder.path, 'receipt.jws');
  writeFileSync(file, `${text}\n`);
  const { status, stdout } = await warm.scangate(
    ['audit', 'verify', file, '--keys', join(folder.path, 'keys.json'), '--json'],
    { SCANGATE_STORE: 'redis://127.0.0.1:1' },
  );
  return { status, told: JSON.parse(stdout) };
}

test('scangate audit verify proves one with the keys alone, and refuses one that was altered', async () => {
  const { tokens } = await signIn('shop', 'openid receipt');
  const { receipt = '' } = tokens;
  expect(await verify(receipt)).toEqual({ status: 0, told: { receipt: decodeJwt(receipt) } });
  const [header, payload = '', signature] = receipt.split('.');
  const claims = { ...decodeJwt(receipt), client_id: 'other' };
  const altered = Buffer.from(JSON.stringify(claims)).toString('base64url');
  expect(altered).not.toBe(payload);
  expect(await verify([header, altered, signature].join('.'))).toMatchObject({
    status: 1,
    told: { receipt: null, reason: expect.stringContaining('signature is wrong') },
  });
});
