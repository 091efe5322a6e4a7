import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFileStore } from '../../src/store/file/open.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS } from '../support/gateway.ts';
import { settingsForTests } from '../support/store-settings.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

let folder: TemporaryFolder;
let env: Readonly<Record<string, string>>;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
  const path = join(folder.path, 'store');
  env = { SCANGATE_STORE: `file:${path}` };
  const { store } = await openFileStore({
    folder: path,
    settings: settingsForTests,
    time: systemTime,
    newId: () => 'an-id',
  });
  await store.close();
});

afterAll(async () => {
  await Promise.all([warm.stop(), folder?.remove()]);
});

const keeps = (): boolean => existsSync(join(folder.path, 'store', 'secrets'));

test('a command on the store of gateways that are given their secrets makes none there', async () => {
  const given = { ...env, SCANGATE_SECRETS: TEST_SECRETS };
  const rebuilt = await warm.scangate(['rebuild'], given);
  expect([rebuilt.status, keeps()]).toEqual([0, false]);
  const copied = await warm.scangate(['export', join(folder.path, 'copy'), '--json'], given);
  expect(copied).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('"secrets":"SCANGATE_SECRETS"'),
  });
});

test('one that needs none goes on where their file is not for it, and says so', async () => {
  const told = { ...env, SCANGATE_SECRETS_FILE: join(folder.path, 'not-there') };
  expect(await warm.scangate(['rebuild'], told)).toMatchObject({
    status: 0,
    stderr: 'scangate: SCANGATE_SECRETS_FILE cannot be read (ENOENT): this goes on without secrets\n',
  });
  const asked = await warm.scangate(['timeline', `t_${'A'.repeat(22)}`], told);
  expect([asked.status, asked.stderr]).toEqual([
    1,
    expect.stringContaining('SCANGATE_SECRETS_FILE: cannot be read'),
  ]);
});

test('one that was not told them says which it needs', async () => {
  const asked = await warm.scangate(['timeline', `t_${'A'.repeat(22)}`], env);
  expect(asked.status).not.toBe(0);
  expect(asked.stderr).toContain('SCANGATE_SECRETS: is needed');
  expect(keeps()).toBe(false);
});
