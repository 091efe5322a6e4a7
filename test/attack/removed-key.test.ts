import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const INITIAL = 'an-initial-access-token';
const [leaked, fresh] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];

let folder: TemporaryFolder;
let gateway: Gateway;
const file = (): string => join(folder.path, 'secrets');

beforeAll(async () => {
  folder = await temporaryFolder();
  writeFileSync(file(), leaked, { mode: 0o600 });
  gateway = await startGateway({
    env: { SCANGATE_SECRETS_FILE: file(), SCANGATE_REGISTRATION_TOKEN: INITIAL },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
}

async function register(): Promise<Registered> {
  const json = {
    redirect_uris: ['https://app.example/cb'],
    token_endpoint_auth_method: 'client_secret_post',
  };
  const headers = { authorization: `Bearer ${INITIAL}` };
  return expectStatus(await call<Registered>(`${gateway.url}/oauth/register`, { json, headers }), 201);
}

const proves = async ({ client_id, client_secret }: Registered): Promise<number> =>
  (await call(`${gateway.url}/oauth/introspect`, { form: { client_id, client_secret, token: 'x' } })).status;

async function rotate(secrets: readonly string[], keys: number): Promise<void> {
  writeFileSync(file(), secrets.join(','));
  gateway.signal('SIGHUP');
  const count = async (): Promise<number> =>
    (await call<{ keys: unknown[] }>(`${gateway.url}/oauth/jwks`)).body.keys.length;
  await until(async () => (await count()) === keys, { withinMs: 30_000, everyMs: 100, what: 'the keys' });
}

test('attack: a secret that follows from a key that was removed proves no client any more', async () => {
  const { keys } = (await call<{ keys: unknown[] }>(`${gateway.url}/oauth/jwks`)).body;
  const before = await register();
  expect(await proves(before)).toBe(200);
  await rotate([fresh, leaked], 2 * keys.length);
  expect(await proves(before)).toBe(200);
  const between = await register();
  await rotate([fresh], keys.length);
  expect(await proves(before)).toBe(401);
  expect(await proves(between)).toBe(200);
});
