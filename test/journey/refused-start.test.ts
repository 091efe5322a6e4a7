import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TEST_SECRETS, refusedStart } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

let redis: Redis;
let folder: TemporaryFolder;
let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  [redis, folder] = await Promise.all([startRedis(), temporaryFolder()]);
  await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  await writeFile(join(folder.path, 'broken.json'), '[{');
});

afterAll(async () => {
  await Promise.all([redis.stop(), warm.stop(), folder.remove()]);
});

const JWT = {
  SCANGATE_PHONE_IDENTITY: 'jwt',
  SCANGATE_PHONE_JWT_ISSUER: 'https://app.example',
  SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
};

/** A file store where none is said, and what a shared one needs. */
function storeOf({ SCANGATE_STORE: said }: Record<string, string>): Record<string, string> {
  if (said === undefined) return { SCANGATE_STORE: `file:${join(folder.path, 'store')}` };
  return { SCANGATE_SECRETS: TEST_SECRETS, SCANGATE_PHONE_IDENTITY: 'demo' };
}

test('the process of a gateway that is refused ends with 1, and says why on standard error', async () => {
  const { code, stderr } = await refusedStart({ env: { SCANGATE_CLIENTS_FILE: '/none' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^scangate: SCANGATE_CLIENTS_FILE: [^\n]+\n$/);
});

test.each<readonly [string, string, () => Record<string, string>]>([
  ['a Redis that may throw data away', 'SCANGATE_STORE', () => ({ SCANGATE_STORE: redis.url })],
  ['a Redis that is not there', 'SCANGATE_STORE', () => ({ SCANGATE_STORE: 'redis://127.0.0.1:1' })],
  ['Sentinels without a name', 'SCANGATE_STORE', () => ({ SCANGATE_STORE: 'redis+sentinel://127.0.0.1:1' })],
  ['an address that is none', 'SCANGATE_STORE', () => ({ SCANGATE_STORE: 'redis://[' })],
  ['a clients file that is not there', 'SCANGATE_CLIENTS_FILE', () => ({ SCANGATE_CLIENTS_FILE: '/none' })],
  [
    'a clients file with mistakes',
    'SCANGATE_CLIENTS_FILE',
    () => ({ SCANGATE_CLIENTS_FILE: join(folder.path, 'broken.json') }),
  ],
  [
    'a file of places that is none',
    'SCANGATE_PLACES_FILE',
    () => ({ SCANGATE_PLACES_FILE: join(folder.path, 'broken.json') }),
  ],
  [
    'a key file that is not there',
    'SCANGATE_PHONE_JWT_JWKS',
    () => ({ ...JWT, SCANGATE_PHONE_JWT_JWKS: '/none' }),
  ],
  [
    'a certificate that is not there',
    'SCANGATE_TLS_CERT',
    () => ({ SCANGATE_TLS_CERT: '/none', SCANGATE_TLS_KEY: '/none' }),
  ],
  ['a host that is nobody', 'HOST', () => ({ HOST: '10.255.255.254', SCANGATE_LIMITS: 'on' })],
])('%s stops the start with one line that names %s', async (_what, name, env) => {
  const usual = { PORT: '0', SCANGATE_ADMIN_LISTEN: 'off', SCANGATE_LIMITS: 'off' };
  const { status, stdout, stderr } = await warm.start({ ...usual, ...storeOf(env()), ...env() }, folder.path);
  expect(status).toBe(1);
  expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('"kind":"weak_setting"'))).toEqual(
    [],
  );
  expect(stderr).toMatch(new RegExp(`^scangate: ${name}: [^\\n]+\\n$`));
});
