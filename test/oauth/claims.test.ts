import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import * as client from 'openid-client';
import { call } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { openPage, approve } from './sign-in-page.ts';

const CALLBACK = 'http://localhost:3000/callback';
const SECRET = 'test-secret-test-secret';
const PERSON = {
  name: 'Ada Lovelace',
  picture: 'https://example.com/ada.png',
  locale: 'en-GB',
  email: 'ada@example.com',
  email_verified: false,
  phone_number: '+44 20 7946 0000',
  employee_id: 1815,
  groups: ['engines', 'poets'],
  sid: 'not yours',
  birthdate: '1815-12-10',
};
const EMAIL = { email: 'ada@example.com', email_verified: false };

let warm: Warm;
let gateway: WarmGateway;
let folder: TemporaryFolder;
let key: CryptoKey;

beforeAll(async () => {
  folder = await temporaryFolder();
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const jwks = join(folder.path, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256' }] }));
  const common = { redirect_uris: [CALLBACK], client_secret: SECRET };
  const clients = [
    { ...common, client_id: 'all', scope: 'openid profile email phone' },
    { ...common, client_id: 'some', scope: 'openid email', scangate: { claims: ['employee_id', 'groups'] } },
    { ...common, client_id: 'none', scope: 'openid' },
  ];
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(clients));
  warm = startWarm();
  gateway = await warm.gateway({
    SCANGATE_CLIENTS_FILE: file,
    SCANGATE_PHONE_IDENTITY: 'jwt',
    SCANGATE_PHONE_JWT_ISSUER: 'https://app.example',
    SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
    SCANGATE_PHONE_JWT_JWKS: jwks,
    SCANGATE_PHONE_CLAIMS: 'employee_id,groups',
  });
});

afterAll(async () => {
  await warm?.stop();
  await folder.remove();
});

async function phoneOf(claims: Readonly<Record<string, unknown>>): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer('https://app.example')
    .setAudience('scangate')
    .setSubject('ada')
    .setExpirationTime('5m')
    .sign(key);
}

interface Told {
  readonly idToken: Readonly<Record<string, unknown>>;
  readonly userInfo: Readonly<Record<string, unknown>>;
  readonly introspection: Readonly<Record<string, unknown>>;
}

/** Signs in with openid-client; what each place tells of the user, without what it tells of the sign-in. */
async function told(
  clientId: string,
  scope: string,
  claims?: unknown,
  person: Readonly<Record<string, unknown>> = PERSON,
): Promise<Told> {
  const config = await client.discovery(new URL(gateway.url), clientId, SECRET, undefined, {
    execute: [client.allowInsecureRequests],
  });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...(claims === undefined ? {} : { claims: JSON.stringify(claims) }),
  });
  const page = await openPage(address);
  const redirect = await approve(gateway.url, page, { authorization: `Bearer ${await phoneOf(person)}` });
  const tokens = await client.authorizationCodeGrant(config, redirect, { pkceCodeVerifier });
  const userInfo = await client.fetchUserInfo(config, tokens.access_token, 'ada');
  const introspection = await client.tokenIntrospection(config, tokens.access_token);
  return {
    idToken: ofUser(tokens.claims() ?? {}),
    userInfo: ofUser(userInfo),
    introspection: ofUser(introspection),
  };
}

const PROTOCOL =
  /^(iss|sub|aud|exp|iat|auth_time|nonce|amr|sid|at_hash|active|client_id|scope|token_type|jti|status)$/;

function ofUser(claims: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL.test(name)));
}

describe('claims about the user', () => {
  test('come by scope, the same everywhere, as the phone’s source said them', async () => {
    const { name, picture, locale, phone_number } = PERSON;
    const all = { name, picture, locale, ...EMAIL, phone_number };
    const found = await told('all', 'openid profile email phone');
    expect(found).toEqual({ idToken: all, userInfo: all, introspection: all });
    const some = await told('all', 'openid email');
    expect(some).toEqual({ idToken: EMAIL, userInfo: EMAIL, introspection: EMAIL });
  });

  test('of the operator’s own go to whom he registered for them', async () => {
    const own = { employee_id: 1815, groups: ['engines', 'poets'] };
    expect(await told('some', 'openid')).toEqual({ idToken: own, userInfo: own, introspection: own });
  });

  test('come by the claims parameter, each to its place, and never beyond the registration', async () => {
    const asked = {
      id_token: { email: null, phone_number: { essential: true }, acr: { essential: true } },
      userinfo: { email_verified: null, picture: null, employee_id: null },
    };
    expect(await told('all', 'openid', asked)).toEqual({
      idToken: { email: EMAIL.email, phone_number: PERSON.phone_number },
      userInfo: { email_verified: false, picture: PERSON.picture },
      introspection: {},
    });
    expect(await told('none', 'openid email', asked)).toEqual({
      idToken: {},
      userInfo: {},
      introspection: {},
    });
  });

  test('that the user lacks, or that are none, are left out', async () => {
    const odd = {
      name: 'Ada',
      email: 'no address',
      email_verified: 'true',
      locale: 'en\nx',
      phone_number: 44,
    };
    const found = await told('all', 'openid profile email phone', undefined, odd);
    expect(found.idToken).toEqual({ name: 'Ada' });
    const huge = { name: 'Ada', groups: Array.from({ length: 200 }, () => 'x'.repeat(10)) };
    expect((await told('some', 'openid', undefined, huge)).idToken).toEqual({});
  });

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a text in the place of an object', '{"id_token":"email"}'],
    ['one sub alone', '{"id_token":{"sub":{"value":"bob"}}}'],
  ])('asked for by %s are an invalid_request', async (_what, claims) => {
    const query = new URLSearchParams({
      client_id: 'all',
      redirect_uri: CALLBACK,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      claims,
    });
    const { headers } = await call(`${gateway.url}/oauth/authorize?${query.toString()}`);
    expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });
});

test('discovery names the scopes and claims that the configured sources can fill', async () => {
  const document = (url: string) => call(`${url}/.well-known/openid-configuration`);
  const { body } = await document(gateway.url);
  expect(body['scopes_supported']).toEqual([
    'openid',
    'profile',
    'email',
    'phone',
    'offline_access',
    'receipt',
  ]);
  expect(body['claims_supported']).toEqual(
    expect.arrayContaining(['email', 'email_verified', 'phone_number', 'locale', 'employee_id', 'groups']),
  );
  const demo = await warm.gateway({});
  const small = (await document(demo.url)).body;
  expect(small['scopes_supported']).toEqual(['openid', 'profile', 'offline_access', 'receipt']);
  expect(small['claims_supported']).not.toContain('email');
  expect(small['claims_supported']).not.toContain('picture');
});
