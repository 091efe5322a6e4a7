import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import { call } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signInAt } from './sign-in-page.ts';

const insecure = { [oauth.allowInsecureRequests]: true };
const demo: oauth.Client = { client_id: 'demo' };
const none = oauth.None();

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway?.stop();
});

test.each(['oidc', 'oauth2'] as const)('oauth4webapi, unmodified, by %s discovery', async (algorithm) => {
  const issuer = new URL(gateway.url);
  const found = await oauth.discoveryRequest(issuer, { ...insecure, algorithm });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  expect(server.id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256', 'EdDSA']);
  const redirectUri = `${gateway.url}/demo/callback`;
  const [verifier, state, nonce] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomState(),
    oauth.generateRandomNonce(),
  ];
  const address = new URL(server.authorization_endpoint ?? '');
  address.search = new URLSearchParams({
    client_id: 'demo',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).toString();

  const redirect = await signInAt(gateway.url, address);
  const parameters = oauth.validateAuthResponse(server, demo, redirect, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    demo,
    none,
    parameters,
    redirectUri,
    verifier,
    insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, demo, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens) ?? {};
  const info = await oauth.userInfoRequest(server, demo, tokens.access_token, insecure);
  expect(await oauth.processUserInfoResponse(server, demo, sub ?? '', info)).toMatchObject({ name: 'alice' });

  const post = async (form: Record<string, string>, headers = {}): Promise<number> =>
    (await call(`${gateway.url}/oauth/userinfo`, { method: 'POST', form, headers })).status;
  const token = tokens.access_token;
  expect(await post({ access_token: token })).toBe(200);
  expect(await post({}, { authorization: `Bearer ${token}` })).toBe(200);
  expect(await post({ access_token: token }, { authorization: `Bearer ${token}` })).toBe(400);
  expect(await post({ access_token: `${token}x` })).toBe(401);

  const api = new Request(`${gateway.url}/api`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  const claims = await oauth.validateJwtAccessToken(server, api, gateway.url, insecure);
  expect(claims).toMatchObject({ sub: 'alice', client_id: 'demo', scope: 'openid profile offline_access' });

  const refreshed = await oauth.refreshTokenGrantRequest(
    server,
    demo,
    none,
    tokens.refresh_token ?? '',
    insecure,
  );
  const next = await oauth.processRefreshTokenResponse(server, demo, refreshed);
  const introspected = await oauth.introspectionRequest(server, demo, none, next.access_token, insecure);
  expect(await oauth.processIntrospectionResponse(server, demo, introspected)).toMatchObject({
    active: true,
  });
  const revoked = await oauth.revocationRequest(server, demo, none, next.refresh_token ?? '', insecure);
  await oauth.processRevocationResponse(revoked);
});

test('a validated error of the authorization endpoint comes back with state and iss', async () => {
  const issuer = new URL(gateway.url);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const address = new URL(server.authorization_endpoint ?? '');
  address.search = new URLSearchParams({
    client_id: 'demo',
    redirect_uri: `${gateway.url}/demo/callback`,
    response_type: 'code',
    prompt: 'none',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    state: 's',
  }).toString();
  const answer = await fetch(address, { redirect: 'manual' });
  const redirect = new URL(answer.headers.get('location') ?? '');
  expect(() => oauth.validateAuthResponse(server, demo, redirect, 's')).toThrow(
    expect.objectContaining({ error: 'login_required' }),
  );
});
