import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { startEdge } from '../http/fixture.ts';
import { registrations } from '../../src/oauth/registration/registrations.ts';
import type { Registration } from '../../src/oauth/registration/registered-client.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { signInAt } from './sign-in-page.ts';
import { makeWorld } from './world.ts';

const INITIAL = 'an-initial-access-token';
const CALLBACK = 'https://app.example/cb';

let redis: Redis;
let here: Gateway;
let there: Gateway;
const made: Registered[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const env = {
    SCANGATE_STORE: redis.url,
    SCANGATE_REGISTRATION_TOKEN: `some-other-initial-token,${INITIAL}`,
    SCANGATE_REGISTRATIONS_MAX: '3',
  };
  [here, there] = await Promise.all([startGateway({ env }), startGateway({ env })]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await redis?.stop();
});

afterEach(async () => {
  for (const one of made.splice(0)) await manage(one, 'DELETE');
});

interface Registered extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
}

const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const usual = { client_name: 'Bank of Trust', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };

const register = (metadata: object, token = INITIAL): Promise<Answer<Registered & { error?: string }>> =>
  call(`${here.url}/oauth/register`, { json: metadata, ...bearing(token) });

async function registered(metadata: object = usual): Promise<Registered> {
  const one = expectStatus(await register(metadata), 201);
  made.push(one);
  return one;
}

const manage = (
  { client_id: id, registration_access_token: token }: Registered,
  method: 'GET' | 'PUT' | 'DELETE',
  json?: object,
  base = here.url,
): Promise<Answer<Registered & { error?: string }>> =>
  call(`${base}/oauth/register/${id}`, { method, ...(json && { json }), ...bearing(token) });

function authorizing(clientId: string, redirectUri: string, challenge = 'c'.repeat(43)): string {
  const parameters = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    ...(challenge === ''
      ? { nonce: 'n', state: 's' }
      : { code_challenge: challenge, code_challenge_method: 'S256' }),
  });
  return `/oauth/authorize?${parameters.toString()}`;
}

describe('a client that registers itself', () => {
  test.each([
    ['with a secret', {}, undefined],
    ['as a public one', { token_endpoint_auth_method: 'none' }, client.None()],
  ])('%s signs users in, unmodified, at another node at once', async (_what, more, authentication) => {
    const execute = [client.allowInsecureRequests];
    const metadata = {
      redirect_uris: ['http://localhost:3000/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      ...more,
    };
    const options = { initialAccessToken: INITIAL, execute };
    const config = await client.dynamicClientRegistration(
      new URL(here.url),
      metadata,
      authentication,
      options,
    );
    const { client_id: id, client_secret: secret, ...told } = config.clientMetadata();
    made.push({ ...told, client_id: id } as unknown as Registered);
    const proof = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
    const other = await client.discovery(new URL(there.url), id, secret, proof, { execute });
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const address = client.buildAuthorizationUrl(other, {
      redirect_uri: 'http://localhost:3000/callback',
      scope: 'openid offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const redirect = await signInAt(there.url, address);
    const tokens = await client.authorizationCodeGrant(other, redirect, { pkceCodeVerifier });
    expect(tokens.claims()?.sub).toBe('alice');
    await client.refreshTokenGrant(other, tokens.refresh_token ?? '');
  });

  test('is shown to the phone by the host that its answer goes to, and as verified by nobody', async () => {
    const second = 'https://second.example/cb';
    const vouching = { client_uri: 'https://bank.example', logo_uri: 'https://bank.example/logo.png' };
    const one = await registered({ ...usual, ...vouching, redirect_uris: [CALLBACK, second] });
    const ticket = await mint(here.url, { clientId: one.client_id, redirectUri: second });
    const phone = expectStatus(await scan(here.url, readScanCode(ticket.notice)), 201);
    expect(phone.client).toEqual({ name: 'Bank of Trust', domain: 'second.example', verified: false });
  });

  test('reads, changes and removes itself, and nobody else does', async () => {
    const [one, other] = [await registered(), await registered()];
    const { client_id, client_name } = expectStatus(await manage(one, 'GET'), 200);
    expect([client_id, client_name]).toEqual([one.client_id, 'Bank of Trust']);
    const next = 'https://next.example/cb';
    const change = { ...usual, client_id, redirect_uris: [next] };
    expect((await manage(one, 'PUT', usual)).body.error).toBe('invalid_request');
    expectStatus(await manage(one, 'PUT', change, there.url), 200);
    expect((await call(there.url + authorizing(client_id, next))).status).toBe(200);
    expect((await call(there.url + authorizing(client_id, CALLBACK))).status).toBe(400);
    for (const wrong of [other.registration_access_token, INITIAL, '']) {
      const forged = { ...one, registration_access_token: wrong };
      for (const method of ['GET', 'DELETE'] as const)
        expect((await manage(forged, method)).body.error).toBe('invalid_token');
      expect((await manage(forged, 'PUT', change)).status).toBe(401);
    }
    expectStatus(await manage(one, 'DELETE'), 204);
    expect((await manage(one, 'GET')).status).toBe(401);
    expect((await call(here.url + authorizing(client_id, next))).status).toBe(400);
  });

  test('takes with it what it has: sessions, and sign-ins that are under way (RFC 7592 §2.3)', async () => {
    const [one, other] = [await registered(), await registered()];
    const opened = async ({ client_id: clientId }: Registered): Promise<string> => {
      const ticket = await mint(here.url, { clientId, redirectUri: CALLBACK, scope: 'openid' });
      const scanned = expectStatus(await scan(here.url, readScanCode(ticket.notice)), 201);
      expectStatus(await confirm(here.url, scanned), 200);
      const { result } = expectStatus(await look(ticket), 200);
      return expectStatus(await redeem(here.url, ticket, result?.code ?? ''), 200).access_token;
    };
    const [token, otherToken] = [await opened(one), await opened(other)];
    const waiting = await mint(here.url, { clientId: one.client_id, redirectUri: CALLBACK });
    const status = async (bearer: string): Promise<number> =>
      (await call(`${here.url}/oauth/userinfo`, bearing(bearer))).status;
    expect(await status(token)).toBe(200);
    expectStatus(await manage(one, 'DELETE'), 204);
    await until(async () => (await status(token)) === 401, { what: 'the end of its session' });
    await until(async () => (await look(waiting)).body.status === 'cancelled', {
      what: 'that of its ticket',
    });
    expect(await status(otherToken)).toBe(200);
  });

  test('is read by two at one time, and is what the one that was quicker left', async () => {
    const one = await registered();
    // Nothing of these may be left over: what is counted as registered is bounded, as the next test shows.
    for (let round = 0; round < 5; round += 1) {
      const reads = [here, there, here, there, here, there].map((node) =>
        manage(one, 'GET', undefined, node.url),
      );
      const answers = await Promise.all(reads);
      expect(answers.map(({ status, body }) => [status, body.client_id])).toEqual(
        answers.map(() => [200, one.client_id]),
      );
    }
  });

  test('is one of a bounded number', async () => {
    for (let count = 0; count < 3; count += 1) await registered();
    const refused = await register(usual);
    expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
  });

  test('is gone at the end of its life', async () => {
    const world = await makeWorld();
    try {
      const kept = registrations({ ledger: world.ledger, max: 5, lifeMs: 10_000 });
      const id = `dyn_${'a'.repeat(22)}`;
      await kept.add({ client_id: id, revision: 'r' } as Registration);
      world.pass(9_999);
      expect([await kept.find(id), await kept.marks()]).toEqual([expect.anything(), [`${id}.r`]]);
      world.pass(2);
      expect([await kept.find(id), await kept.marks()]).toEqual([undefined, []]);
    } finally {
      await world.close();
    }
  });
});

describe('attack: nobody registers', () => {
  test.each([undefined, '', 'an-initial-access-tokem', `${INITIAL}x`])('with the token %j', async (token) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await call(`${here.url}/oauth/register`, { json: usual, headers });
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_token']);
  });

  test.each([
    ['no redirect address', { redirect_uris: undefined }, 'invalid_redirect_uri'],
    ['a script as redirect address', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['one that begins like another', { redirect_uris: ['https:app.example/cb'] }, 'invalid_redirect_uri'],
    ['one without a host', { redirect_uris: ['https:///app.example/cb'] }, 'invalid_redirect_uri'],
    ['a fragment in it', { redirect_uris: [`${CALLBACK}#x`] }, 'invalid_redirect_uri'],
    ['a wildcard in it', { redirect_uris: ['https://*.example/cb'] }, 'invalid_redirect_uri'],
    ['a policy of its own', { scangate: { verified: true, pkce: 'none' } }, 'invalid_client_metadata'],
    [
      'the device grant',
      { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] },
      'invalid_client_metadata',
    ],
    ['an ID token alone', { response_types: ['id_token'] }, 'invalid_client_metadata'],
    ['keys to be fetched', { jwks_uri: 'https://169.254.169.254/' }, 'invalid_client_metadata'],
    [
      'a private key',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ d: '' }] } },
      'invalid_client_metadata',
    ],
    ['pairwise subjects', { subject_type: 'pairwise' }, 'invalid_client_metadata'],
  ])('with %s', async (_what, more, error) => {
    const answer = await register({ ...usual, ...more });
    expect([answer.status, answer.body.error]).toEqual([400, error]);
  });

  test('for a sign-in without PKCE, nor for more scopes than there are', async () => {
    const one = await registered({ ...usual, scope: 'openid admin' });
    expect(one['scope']).toBe('openid');
    const { headers } = await call(here.url + authorizing(one.client_id, CALLBACK, ''));
    expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  test('for tickets that say not where they lead', async () => {
    const { client_id: clientId } = await registered();
    const minting = (more: object): Promise<Answer> =>
      call(`${here.url}/v1/tickets`, {
        headers: { 'sec-fetch-site': 'same-origin' },
        json: {
          client_id: clientId,
          redirect_uri: CALLBACK,
          code_challenge: 'c'.repeat(43),
          code_challenge_method: 'S256',
          ...more,
        },
      });
    expect((await minting({})).status).toBe(201);
    for (const binding of ['cookie', 'bearer']) {
      const { status, body } = await minting({ binding, redirect_uri: undefined });
      const refused = { code: 'invalid_request', field: 'redirect_uri' };
      expect([status, body]).toEqual([400, expect.objectContaining(refused)]);
    }
  });

  test('where no token is set', async () => {
    const edge = await startEdge();
    try {
      expect((await call(`${edge.url}/oauth/register`, { json: usual, ...bearing('') })).status).toBe(404);
      const discovered = await call(`${edge.url}/.well-known/openid-configuration`);
      expect(Object.keys(discovered.body)).not.toContain('registration_endpoint');
    } finally {
      await edge.stop();
    }
  });
});
