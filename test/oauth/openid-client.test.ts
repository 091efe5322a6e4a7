import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import * as client from 'openid-client';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, readScanCode, scan } from '../support/signin.ts';
import { call, expectStatus } from '../support/call.ts';
import { endAs, openPage, signInAt } from './sign-in-page.ts';

const SECRET = 'test-secret-test-secret';
const ODD = 'Zk+9/a%41:b';
const unencoded: client.ClientAuth = (_server, { client_id: id }, _body, headers) =>
  headers.set('authorization', `Basic ${btoa(`${id}:${ODD}`)}`);
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

let gateway: Gateway;
let folder: TemporaryFolder;
let key: CryptoKey;

beforeAll(async () => {
  folder = await temporaryFolder();
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const common = {
    redirect_uris: ['http://localhost:3000/callback', 'http://localhost:3000/callback?tenant=a'],
    grant_types: ['authorization_code', 'refresh_token', DEVICE],
    scope: 'openid profile offline_access',
  };
  const clients = [
    { ...common, client_id: 'basic', client_secret: SECRET },
    { ...common, client_id: 'post', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
    {
      ...common,
      client_id: 'signer',
      jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256' }] },
    },
    { ...common, client_id: 'odd', client_secret: ODD },
    { ...common, client_id: 'public' },
    { ...common, client_id: 'hasty', scangate: { ticket_life: 'PT2S', ticket_life_max: 'PT10S' } },
    { ...common, client_id: 'ec', id_token_signed_response_alg: 'ES256' },
    { ...common, client_id: 'ed', id_token_signed_response_alg: 'EdDSA' },
    { ...common, client_id: 'lax', client_secret: SECRET, scangate: { pkce: 'optional' } },
  ];
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(clients));
  gateway = await startGateway({ env: { SCANGATE_CLIENTS_FILE: file } });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

async function configured(
  clientId: string,
  metadata: Partial<client.ClientMetadata> | string = {},
  authentication?: client.ClientAuth,
): Promise<client.Configuration> {
  return await client.discovery(new URL(gateway.url), clientId, metadata, authentication, {
    execute: [client.allowInsecureRequests],
  });
}

interface SignIn {
  readonly tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
  readonly redirect: URL;
  readonly checks: client.AuthorizationCodeGrantChecks;
}

async function signIn(
  config: client.Configuration,
  more: Readonly<Record<string, string>> = {},
  pushed = false,
): Promise<SignIn> {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const parameters = {
    redirect_uri: 'http://localhost:3000/callback',
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...more,
  };
  const address = pushed
    ? await client.buildAuthorizationUrlWithPAR(config, parameters)
    : client.buildAuthorizationUrl(config, parameters);
  if (pushed) expect([...address.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  const redirect = await signInAt(gateway.url, address);
  return { tokens: await client.authorizationCodeGrant(config, redirect, checks), redirect, checks };
}

describe('openid-client, unmodified', () => {
  const kinds: [string, () => Promise<client.Configuration>][] = [
    ['client_secret_basic', () => configured('basic', SECRET, client.ClientSecretBasic(SECRET))],
    ['client_secret_basic, as it stands', () => configured('odd', ODD, unencoded)],
    ['client_secret_post', () => configured('post', SECRET)],
    ['the method it was not registered with', () => configured('basic', SECRET)],
    ['private_key_jwt', () => configured('signer', {}, client.PrivateKeyJwt(key))],
    ['none and PKCE', () => configured('public', {}, client.None())],
    ['ES256', () => configured('ec', { id_token_signed_response_alg: 'ES256' }, client.None())],
    ['EdDSA', () => configured('ed', { id_token_signed_response_alg: 'EdDSA' }, client.None())],
  ];

  for (const [name, configure] of kinds) {
    test(`signs in, asks, refreshes and revokes: ${name}`, async () => {
      const config = await configure();
      const { tokens } = await signIn(config);
      const claims = tokens.claims();
      expect(claims).toMatchObject({ sub: 'alice', iss: gateway.url, name: 'alice' });
      expect(typeof claims?.['auth_time']).toBe('number');
      expect(await client.fetchUserInfo(config, tokens.access_token, 'alice')).toEqual({
        sub: 'alice',
        name: 'alice',
      });

      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect(next.refresh_token).not.toBe(tokens.refresh_token);
      const told = await client.tokenIntrospection(config, next.access_token);
      expect(told).toMatchObject({ active: true, sub: 'alice', sid: claims?.['sid'], token_type: 'Bearer' });
      expect(await client.tokenIntrospection(config, next.refresh_token ?? '')).toMatchObject({
        active: true,
      });
      expect(await client.tokenIntrospection(config, tokens.refresh_token ?? '')).toEqual({ active: false });

      await client.tokenRevocation(config, next.refresh_token ?? '');
      expect(await client.tokenIntrospection(config, next.access_token)).toEqual({ active: false });
      await expect(client.fetchUserInfo(config, next.access_token, 'alice')).rejects.toMatchObject({
        status: 401,
      });
      await expect(client.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    });
  }

  test('pushes its request ahead', async () => {
    const { tokens } = await signIn(await configured('basic', SECRET), {}, true);
    expect(tokens.claims()?.sub).toBe('alice');
  });

  test('is sent back to an address with a query of its own, and tells iss', async () => {
    const config = await configured('public', {}, client.None());
    const verifier = client.randomPKCECodeVerifier();
    const redirectUri = 'http://localhost:3000/callback?tenant=a';
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const redirect = await signInAt(gateway.url, address);
    expect(redirect.searchParams.get('tenant')).toBe('a');
    expect(redirect.searchParams.get('iss')).toBe(gateway.url);
    // The library leaves the query out of its redirect_uri, so this request is made by hand.
    const tokens = await call(`${gateway.url}/oauth/token`, {
      form: {
        grant_type: 'authorization_code',
        client_id: 'public',
        code: redirect.searchParams.get('code') ?? '',
        code_verifier: verifier,
        redirect_uri: redirectUri,
      },
    });
    expectStatus(tokens, 200);
  });

  test.each(['denied', 'cancelled', 'expired'] as const)('hears that a sign-in was %s', async (ending) => {
    const config = await configured('hasty', {}, client.None());
    const [pkceCodeVerifier, expectedState] = [client.randomPKCECodeVerifier(), client.randomState()];
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: 'http://localhost:3000/callback',
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    });
    const redirect = await endAs(ending, gateway.url, await openPage(address));
    const grant = client.authorizationCodeGrant(config, redirect, { pkceCodeVerifier, expectedState });
    await expect(grant).rejects.toMatchObject({ error: 'access_denied' });
    expect(redirect.searchParams.get('iss')).toBe(gateway.url);
  });

  test('the same code again is refused', async () => {
    const config = await configured('basic', SECRET);
    const { redirect, checks } = await signIn(config);
    await expect(client.authorizationCodeGrant(config, redirect, checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('runs the device flow: pending, then approved', async () => {
    const config = await configured('public', {}, client.None());
    const device = await client.initiateDeviceAuthorization(config, { scope: 'openid offline_access' });
    expect(device).toMatchObject({ interval: 5, verification_uri: `${gateway.url}/device` });
    const polling = client.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
    const code = readScanCode({ scan: { url: device.verification_uri_complete ?? '', rotates_in_ms: 0 } });
    const scanned = expectStatus(await scan(gateway.url, code, 'bob'), 201);
    expectStatus(await confirm(gateway.url, scanned, 'bob'), 200);
    const tokens = await polling;
    expect(tokens.claims()?.sub).toBe('bob');
    expect((await client.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token).toBeDefined();
  });
});
