import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { call } from '../../support/call.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { TemporaryFolder } from '../../support/folder.ts';
import type { WarmGateway } from '../../support/warm.ts';
import { openPage, signInAt } from '../sign-in-page.ts';
import { warmGateway } from './warm-gateway.ts';

const CALLBACK = 'http://localhost:3000/callback';
const SECRET = 'test-secret-test-secret';
const API = 'https://api.example/v1';

let gateway: WarmGateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  const common = { redirect_uris: [CALLBACK], client_secret: SECRET, scope: 'openid offline_access' };
  const jwks = { keys: [await exportJWK((await generateKeyPair('ES256')).publicKey)] };
  const clients = [
    { ...common, client_id: 'pushing', require_pushed_authorization_requests: true },
    { ...common, client_id: 'caller', scangate: { resources: [API] } },
    { ...common, client_id: 'basic', token_endpoint_auth_method: 'client_secret_basic', jwks },
    { ...common, client_id: 'post', token_endpoint_auth_method: 'client_secret_post' },
    { ...common, client_id: 'either' },
    {
      client_id: 'app',
      redirect_uris: ['com.example.app:/cb'],
      scangate: { origins: ['capacitor://localhost'] },
    },
  ];
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(clients));
  gateway = await warmGateway({ SCANGATE_CLIENTS_FILE: file });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

async function configured(
  clientId: string,
  authentication: client.ClientAuth = client.ClientSecretBasic(SECRET),
): Promise<client.Configuration> {
  const execute = [client.allowInsecureRequests];
  return await client.discovery(new URL(gateway.url), clientId, SECRET, authentication, { execute });
}

async function asking(more: Readonly<Record<string, string>> = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: CALLBACK,
    scope: 'openid offline_access',
    state: 'st',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...more,
  };
  return { parameters, checks: { pkceCodeVerifier, expectedState: 'st' } };
}

async function errorAt(address: URL): Promise<string | null> {
  const { headers } = await call(address.href);
  return new URL(headers.get('location') ?? '').searchParams.get('error');
}

describe('a client that must push its requests', () => {
  test('signs in by one', async () => {
    const config = await configured('pushing');
    const { parameters, checks } = await asking();
    const address = await client.buildAuthorizationUrlWithPAR(config, parameters);
    const redirect = await signInAt(gateway.url, address);
    const tokens = await client.authorizationCodeGrant(config, redirect, checks);
    expect(tokens.claims()?.sub).toBe('alice');
  });

  test('attack: is asked for by nobody else, neither by an address nor by a ticket', async () => {
    const config = await configured('pushing');
    const { parameters } = await asking();
    expect(await errorAt(client.buildAuthorizationUrl(config, parameters))).toBe('invalid_request');
    const { code_challenge, code_challenge_method, redirect_uri } = parameters;
    const json = { client_id: 'pushing', redirect_uri, code_challenge, code_challenge_method };
    const headers = { 'sec-fetch-site': 'same-origin' };
    for (const binding of ['cookie', 'bearer']) {
      const minted = await call(`${gateway.url}/v1/tickets`, { json: { ...json, binding }, headers });
      expect([minted.status, minted.body['field']]).toEqual([400, 'request']);
    }
  });

  test('attack: has its pushed request changed by no page', async () => {
    const config = await configured('pushing');
    const { parameters } = await asking();
    const page = await openPage(await client.buildAuthorizationUrlWithPAR(config, parameters));
    const given = Object.entries({ ...page, state: 'other' }).filter(([, value]) => value !== '');
    const json = { ...Object.fromEntries(given), code_challenge_method: 'S256', binding: 'cookie' };
    const minted = await call(`${gateway.url}/v1/tickets`, {
      json,
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect([minted.status, minted.body['field']]).toEqual([400, 'request']);
  });
});

describe('a resource', () => {
  test('that the client is registered for is the audience, and stays so', async () => {
    const config = await configured('caller');
    const { parameters, checks } = await asking({ resource: API });
    const redirect = await signInAt(gateway.url, client.buildAuthorizationUrl(config, parameters));
    const tokens = await client.authorizationCodeGrant(config, redirect, checks, { resource: API });
    const aud = [API, gateway.url];
    expect(decodeJwt(tokens.access_token).aud).toEqual(aud);
    expect(tokens.claims()?.aud).toBe('caller');
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, aud });
    await client.fetchUserInfo(config, tokens.access_token, 'alice');
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(decodeJwt(next.access_token).aud).toEqual(aud);
    const other = client.refreshTokenGrant(config, next.refresh_token ?? '', {
      resource: 'https://b.example',
    });
    await expect(other).rejects.toMatchObject({ error: 'invalid_target' });
  });

  test('attack: that it is not registered for is refused', async () => {
    const { parameters } = await asking({ resource: `${API}/x` });
    expect(await errorAt(client.buildAuthorizationUrl(await configured('caller'), parameters))).toBe(
      'invalid_target',
    );
    const { parameters: other } = await asking({ resource: API });
    expect(await errorAt(client.buildAuthorizationUrl(await configured('either'), other))).toBe(
      'invalid_target',
    );
  });

  test('that was not asked for cannot be had at the token endpoint', async () => {
    const config = await configured('caller');
    const { parameters, checks } = await asking();
    const redirect = await signInAt(gateway.url, client.buildAuthorizationUrl(config, parameters));
    const tokens = client.authorizationCodeGrant(config, redirect, checks, { resource: API });
    await expect(tokens).rejects.toMatchObject({ error: 'invalid_target' });
  });
});

test.each([
  ['basic', 'header', true],
  ['basic', 'form', false],
  ['post', 'header', false],
  ['post', 'form', true],
  ['either', 'header', true],
  ['either', 'form', true],
] as const)('client %s with its secret in the %s: %s', async (clientId, where, taken) => {
  const how = where === 'form' ? client.ClientSecretPost(SECRET) : client.ClientSecretBasic(SECRET);
  const config = await configured(clientId, how);
  const asked = client.tokenIntrospection(config, 'x');
  if (taken) expect((await asked).active).toBe(false);
  else await expect(asked).rejects.toMatchObject({ status: 401 });
});

test('JSON at the token endpoint is told what is taken there', async () => {
  const { status, body } = await call(`${gateway.url}/oauth/token`, {
    json: { grant_type: 'authorization_code' },
  });
  expect([status, body['error']]).toEqual([400, 'invalid_request']);
  expect(body['error_description']).toContain('application/x-www-form-urlencoded');
});

describe('an app whose web view has an origin of its own', () => {
  const minting = async (clientId: string, origin: string, binding: string) =>
    await call<Record<string, unknown> & { links: Record<string, string>; browser_secret: string }>(
      `${gateway.url}/v1/tickets`,
      {
        json: { client_id: clientId, binding, code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' },
        headers: { origin },
      },
    );

  test('mints and watches by bearer', async () => {
    const origin = 'capacitor://localhost';
    const minted = await minting('app', origin, 'bearer');
    expect([minted.status, minted.headers.get('access-control-allow-origin')]).toEqual([201, origin]);
    const headers = { origin, authorization: `Bearer ${minted.body.browser_secret}` };
    const told = await call(minted.body.links['poll'] ?? '', { headers });
    expect([told.status, told.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    const preflight = { origin, 'access-control-request-method': 'POST' };
    const asked = await call(`${gateway.url}/oauth/token`, { method: 'OPTIONS', headers: preflight });
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each([
    ['by cookie', 'app', 'capacitor://localhost', 'cookie'],
    ['from another app', 'app', 'capacitor://localhost.evil', 'bearer'],
    ['from another scheme', 'app', 'ionic://localhost', 'bearer'],
    ['from a sandboxed page', 'app', 'null', 'bearer'],
    ['for another client', 'either', 'capacitor://localhost', 'bearer'],
  ])('attack: not %s', async (_what, clientId, origin, binding) => {
    expect((await minting(clientId, origin, binding)).status).toBe(400);
  });
});
