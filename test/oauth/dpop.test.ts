import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { WebSocket } from 'ws';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, scan } from '../support/signin.ts';
import type { Tokens } from '../support/signin.ts';
import { call, expectStatus } from '../support/call.ts';
import { KeyHolder } from './key-holder.ts';
import { signInAt } from './sign-in-page.ts';

const SECRET = 'test-secret-test-secret';
const CALLBACK = 'http://localhost:3000/callback';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const SCOPE = 'openid profile offline_access';
const insecure = { [oauth.allowInsecureRequests]: true };

let gateway: Gateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  const common = {
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', DEVICE],
    scope: SCOPE,
  };
  const clients = [
    { ...common, client_id: 'bound', dpop_bound_access_tokens: true },
    { ...common, client_id: 'public' },
    { ...common, client_id: 'web', client_secret: SECRET },
  ];
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(clients));
  gateway = await startGateway({ env: { SCANGATE_CLIENTS_FILE: file } });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

async function configured(clientId: string, secret?: string): Promise<client.Configuration> {
  const proof = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
  return await client.discovery(new URL(gateway.url), clientId, secret ?? {}, proof, {
    execute: [client.allowInsecureRequests],
  });
}

type Granted = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

async function signIn(
  config: client.Configuration,
  DPoP: client.DPoPHandle | undefined,
  how: 'plain' | 'pushed' | 'named' = 'plain',
): Promise<Granted> {
  const options = DPoP === undefined ? {} : { DPoP };
  const verifier = client.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(how === 'named' && DPoP !== undefined ? { dpop_jkt: await DPoP.calculateThumbprint() } : {}),
  };
  const address =
    how === 'pushed'
      ? await client.buildAuthorizationUrlWithPAR(config, parameters, options)
      : client.buildAuthorizationUrl(config, parameters);
  const redirect = await signInAt(gateway.url, address);
  const checks = { pkceCodeVerifier: verifier, idTokenExpected: true };
  return await client.authorizationCodeGrant(config, redirect, checks, {}, options);
}

describe('openid-client, unmodified, with a key', () => {
  test.each([
    ['a public client', 'bound', undefined, 'plain', 'ES256'],
    ['its request pushed ahead', 'bound', undefined, 'pushed', 'ES256'],
    ['its key named ahead', 'public', undefined, 'named', 'EdDSA'],
    ['a client with a secret', 'web', SECRET, 'pushed', 'RS256'],
  ] as const)('%s: signs in, asks, refreshes', async (_name, id, secret, how, alg) => {
    const config = await configured(id, secret);
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg));
    const jkt = await DPoP.calculateThumbprint();
    const tokens = await signIn(config, DPoP, how);
    expect(tokens.token_type).toBe('dpop');
    expect(decodeJwt(tokens.access_token)['cnf']).toEqual({ jkt });
    expect(await client.fetchUserInfo(config, tokens.access_token, 'alice', { DPoP })).toMatchObject({
      sub: 'alice',
    });
    await expect(client.fetchUserInfo(config, tokens.access_token, 'alice')).rejects.toMatchObject({
      status: 401,
    });
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt },
    });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {}, { DPoP });
    expect(decodeJwt(next.access_token)['cnf']).toEqual({ jkt });
  });

  test('the device flow', async () => {
    const config = await configured('bound');
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const device = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
    const polling = client.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 }, {}, { DPoP });
    const code = new URL(device.verification_uri_complete ?? '').pathname.slice('/s/'.length);
    const scanned = expectStatus(await scan(gateway.url, code, 'bob'), 201);
    expectStatus(await confirm(gateway.url, scanned, 'bob'), 200);
    const tokens = await polling;
    expect(tokens.token_type).toBe('dpop');
    expect(tokens.claims()?.sub).toBe('bob');
  });

  test('a client that is registered for bound tokens gets no others', async () => {
    await expect(signIn(await configured('bound'), undefined)).rejects.toMatchObject({
      error: 'invalid_dpop_proof',
    });
  });

  test('a client with a secret may take a new key at a refresh, and no step back to none', async () => {
    const config = await configured('web', SECRET);
    const handle = async (): Promise<client.DPoPHandle> =>
      client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const [one, other] = [await handle(), await handle()];
    const tokens = await signIn(config, one);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {}, { DPoP: other });
    const jkt = await other.calculateThumbprint();
    expect(decodeJwt(next.access_token)['cnf']).toEqual({ jkt });
    await client.fetchUserInfo(config, next.access_token, 'alice', { DPoP: other });
    const again = (DPoP: client.DPoPHandle): ReturnType<typeof client.refreshTokenGrant> =>
      client.refreshTokenGrant(config, tokens.refresh_token ?? '', {}, { DPoP });
    await expect(again(one)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await again(other)).refresh_token).toBe(next.refresh_token);
    expect(await client.tokenIntrospection(config, next.refresh_token ?? '')).not.toHaveProperty('cnf');
  });
});

test('oauth4webapi, unmodified, watches its session with its key', async () => {
  const config = await configured('bound');
  const keys = await client.randomDPoPKeyPair();
  const tokens = await signIn(config, client.getDPoPHandle(config, keys));
  const { sid } = decodeJwt(tokens.access_token);
  const DPoP = oauth.DPoP({}, keys);
  const ask = (path: string): Promise<Response> =>
    oauth.protectedResourceRequest(
      tokens.access_token,
      'GET',
      new URL(`/v1/sessions/${String(sid)}/${path}`, gateway.url),
      undefined,
      undefined,
      { ...insecure, DPoP },
    );
  const lacking: unknown = await ask('poll').catch((error: unknown) => error);
  expect(oauth.isDPoPNonceError(lacking)).toBe(true);
  const polled = await ask('poll');
  expect(await polled.json()).toMatchObject({ sid, status: 'active' });
  expect(polled.headers.get('dpop-nonce')).toMatch(/./);
  const stream = await ask('events');
  expect(stream.headers.get('content-type')).toMatch('text/event-stream');
  await stream.body?.cancel();
});

test('discovery says which algorithms proofs may have', async () => {
  const found = await call(`${gateway.url}/.well-known/oauth-authorization-server`);
  expect(found.body['dpop_signing_alg_values_supported']).toEqual(
    expect.arrayContaining(['ES256', 'EdDSA', 'RS256', 'PS256']),
  );
});

test('a page of a client may send proofs, and read nonces', async () => {
  const headers = { origin: new URL(CALLBACK).origin };
  const asked = {
    ...headers,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'dpop',
  };
  const preflight = await call(`${gateway.url}/oauth/token`, { method: 'OPTIONS', headers: asked });
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bDPoP\b/);
  const holder = await KeyHolder.make();
  const form = { grant_type: 'authorization_code', client_id: 'public', code: 'none' };
  const answer = await holder.call(`${gateway.url}/oauth/token`, { form, headers });
  expect(answer.body['error']).toBe('invalid_grant');
  expect(holder.nonce).toBeDefined();
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/\bDPoP-Nonce\b.*\bWWW-Authenticate\b/);
});

describe('a browser that mints with a key', () => {
  async function minted(holder: KeyHolder, how: 'named' | 'proven'): Promise<Tokens & { sid: string }> {
    const verifier = client.randomPKCECodeVerifier();
    const json = {
      client_id: 'public',
      redirect_uri: CALLBACK,
      scope: SCOPE,
      binding: 'bearer',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(how === 'named' ? { dpop_jkt: holder.jkt } : {}),
    };
    const url = `${gateway.url}/v1/tickets`;
    const ticket = how === 'named' ? await call(url, { json }) : await holder.call(url, { json });
    const {
      scan: shown,
      browser_secret: secret,
      links,
    } = expectStatus(ticket, 201) as never as {
      scan: { url: string };
      browser_secret: string;
      links: { self: string };
    };
    const scanned = expectStatus(await scan(gateway.url, shown.url.split('/s/')[1] ?? ''), 201);
    expectStatus(await confirm(gateway.url, scanned), 200);
    const told = await call(links.self, { headers: { authorization: `Bearer ${secret}` } });
    const { code } = told.body['result'] as { code: string };
    const form = {
      grant_type: 'authorization_code',
      client_id: 'public',
      redirect_uri: CALLBACK,
      code,
      code_verifier: verifier,
    };
    for (const other of [undefined, await KeyHolder.make()]) {
      const refused = await (other ?? { call }).call(`${gateway.url}/oauth/token`, { form });
      expect(refused.body).toMatchObject({ error: 'invalid_grant' });
    }
    const tokens = expectStatus(await holder.call<Tokens>(`${gateway.url}/oauth/token`, { form }), 200);
    return { ...tokens, sid: String(decodeJwt(tokens.access_token)['sid']) };
  }

  test.each(['named', 'proven'] as const)(
    'by a key that is %s gets tokens for that key alone',
    async (how) => {
      const holder = await KeyHolder.make();
      const tokens = await minted(holder, how);
      expect(tokens.token_type).toBe('DPoP');
      const info = await holder.call(`${gateway.url}/oauth/userinfo`, {}, tokens.access_token);
      expect(info.body).toMatchObject({ sub: 'alice' });
    },
  );

  test('watches its session by a socket: the proof in the first message, the nonce in the close', async () => {
    const holder = await KeyHolder.make();
    const { access_token: token, sid } = await minted(holder, 'named');
    const url = `${gateway.url.replace('http', 'ws')}/v1/sessions/${sid}/socket`;
    const open = (first: object): Promise<{ code: number; reason: string } | string> => {
      const socket = new WebSocket(url, 'scangate.v1');
      return new Promise((resolve, reject) => {
        socket.on('open', () => socket.send(JSON.stringify(first)));
        socket.on('message', (data: Buffer) => {
          resolve(data.toString('utf8'));
          socket.terminate();
        });
        socket.on('error', reject);
        socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
      });
    };
    expect(await open({ bearer: token })).toEqual({ code: 4401, reason: '' });
    holder.nonce = undefined;
    const lacking = await open({ bearer: token, dpop: await holder.proof('GET', url, token) });
    expect(lacking).toMatchObject({ code: 4401 });
    const { dpop_nonce: nonce } = JSON.parse((lacking as { reason: string }).reason) as {
      dpop_nonce: string;
    };
    holder.nonce = nonce;
    const told = await open({ bearer: token, dpop: await holder.proof('GET', url, token) });
    expect(JSON.parse(told as string)).toMatchObject({ sid, status: 'active' });
  });
});
