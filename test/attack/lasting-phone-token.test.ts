import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SignJWT, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { readConfig } from '../../src/config/config.ts';
import { weaknessesOf } from '../../src/config/risks.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { jwtIdentity } from '../../src/phone/jwt.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';

const ISSUER = 'https://app.example';
const NOW = Date.UTC(2030, 0, 1);
const DAY_S = 86_400;
const YEARS_S = 3650 * DAY_S;

let key: CryptoKey;
let edge: RunningEdge;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  key = pair.privateKey;
  const app = jwtIdentity({
    issuer: ISSUER,
    audience: 'scangate',
    keys: () => Promise.resolve(pair.publicKey),
    claims: [],
    toleranceMs: readConfig({}).SCANGATE_PHONE_JWT_TOLERANCE,
    lifeMaxMs: readConfig({}).SCANGATE_PHONE_JWT_LIFE_MAX,
    now: () => NOW,
    onRefusal: () => undefined,
  });
  edge = await startEdge({ over: { phones: phoneIdentities([app]) } });
});
afterAll(() => edge?.stop());

/** A phone's token; times in seconds from now. */
async function token(times: { readonly exp: number; readonly iat?: number }): Promise<string> {
  const at = Object.entries(times).map(([name, seconds]) => [name, NOW / 1000 + seconds]);
  return await new SignJWT({ iss: ISSUER, aud: 'scangate', sub: 'ada', ...Object.fromEntries(at) })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(key);
}

async function approves(bearer: string): Promise<number> {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const headers = { authorization: `Bearer ${bearer}` };
  return (await scan(edge.url, readScanCode(ticket.notice), '', { headers })).status;
}

test.each([
  [{ iat: 0, exp: YEARS_S }],
  [{ exp: YEARS_S }],
  [{ iat: YEARS_S - 60, exp: YEARS_S }],
  [{ iat: 60 - YEARS_S, exp: 60 }],
  [{ iat: 0, exp: 30 * DAY_S + 1 }],
])('attack: a phone’s token that was made for years, and leaked, proves nobody: %j', async (times) => {
  expect(await approves(await token(times))).toBe(401);
});

test.each([
  [{ iat: 0, exp: 300 }],
  [{ exp: 300 }],
  [{ iat: -DAY_S, exp: 60 }],
  [{ iat: 5, exp: 30 * DAY_S + 5 }],
])('one of an honest issuer does: %j', async (times) => {
  expect(await approves(await token(times))).toBe(201);
});

test.each([
  ['P30D', 0],
  ['P31D', 1],
  ['P100Y', 1],
])('who allows more is told what that means: %s', (life, count) => {
  const told = weaknessesOf(
    readConfig({
      SCANGATE_PHONE_IDENTITY: 'jwt',
      SCANGATE_PHONE_JWT_ISSUER: ISSUER,
      SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
      SCANGATE_PHONE_JWT_JWKS: `${ISSUER}/jwks`,
      SCANGATE_PHONE_JWT_LIFE_MAX: life,
    }),
    false,
  );
  expect(told.filter((one) => one.startsWith('SCANGATE_PHONE_JWT_LIFE_MAX: '))).toHaveLength(count);
});
