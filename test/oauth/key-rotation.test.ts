import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Tokens } from '../support/signin.ts';
import { rounds } from '../support/random.ts';
import { until } from '../support/until.ts';

const [old, fresh] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];

let folder: TemporaryFolder;
let gateway: Gateway;

const secretsFile = (): string => join(folder.path, 'secrets');

beforeAll(async () => {
  folder = await temporaryFolder();
  writeFileSync(secretsFile(), old, { mode: 0o600 });
  gateway = await startGateway({ env: { SCANGATE_SECRETS_FILE: secretsFile() } });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

const keyIds = async (): Promise<readonly string[]> => {
  const { body } = await call<{ keys: readonly { kid: string }[] }>(`${gateway.url}/oauth/jwks`);
  return body.keys.map(({ kid }) => kid);
};

async function restartWith(...secrets: readonly string[]): Promise<void> {
  writeFileSync(secretsFile(), secrets.join(','));
  await gateway.restart();
}

/** A step that adds or takes away a secret: read again, or with `npm test -- --long` by a restart too. */
async function goOnWith(...secrets: readonly string[]): Promise<void> {
  if (rounds(0, 1) > 0) return restartWith(...secrets);
  const before = await keyIds();
  writeFileSync(secretsFile(), secrets.join(','));
  gateway.signal('SIGHUP');
  await until(async () => (await keyIds()).length !== before.length, {
    withinMs: 60_000,
    everyMs: 100,
    what: 'the other keys',
  });
}

const refresh = (token: string | undefined): Promise<Answer<Tokens>> =>
  call(`${gateway.url}/oauth/token`, {
    form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token },
  });

const info = async (token: string): Promise<number> =>
  (await call(`${gateway.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;

async function verified(token: string): Promise<string | undefined> {
  const keys = createRemoteJWKSet(new URL(`${gateway.url}/oauth/jwks`));
  return (await jwtVerify(token, keys, { issuer: gateway.url })).payload.sub;
}

test('a rotation in three steps breaks nobody: not a ticket half way, not a session, not a token', async () => {
  const scope = 'openid offline_access';
  const { tokens } = await signIn(gateway.url, { mint: { scope } });
  const halfWay = await mint(gateway.url, { scope });

  await goOnWith(old, fresh);
  expect(await info(tokens.access_token)).toBe(200);
  const scanned = expectStatus(await scan(gateway.url, readScanCode(halfWay.notice)), 201);

  await restartWith(fresh, old);
  expect([await info(tokens.access_token), await verified(tokens.access_token)]).toEqual([200, 'alice']);
  expectStatus(await confirm(gateway.url, scanned), 200);
  const { result } = expectStatus(await look(halfWay), 200);
  const late = expectStatus(await redeem(gateway.url, halfWay, result?.code ?? ''), 200);
  expect(await verified(late.access_token)).toBe('alice');
  const next = expectStatus(await refresh(tokens.refresh_token), 200);
  const kid = (token: string): string | undefined => decodeProtectedHeader(token).kid;
  expect(kid(next.access_token)).not.toBe(kid(tokens.access_token));

  await goOnWith(fresh);
  expect([await info(next.access_token), await verified(next.access_token)]).toEqual([200, 'alice']);
  expectStatus(await refresh(next.refresh_token), 200);
  expect(await info(tokens.access_token)).toBe(401);
  expect((await refresh(late.refresh_token)).status).toBe(400);
});
