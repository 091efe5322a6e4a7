import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openLiveConfig } from '../../src/compose/operate/live-config.ts';
import { readConfig } from '../../src/config/config.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { temporaryFolder } from '../support/folder.ts';

const [FIRST, SECOND] = [1, 2].map(() => randomBytes(32).toString('base64url')) as [string, string];
const silent = makeLog('silent');
const telling = { log: silent, report: () => undefined };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, 'secrets');
});

afterAll(() => folder.remove());

const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 });
const given = () => readConfig({ SCANGATE_SECRETS_FILE: file });

beforeEach(() => write(FIRST));

test.each([
  ['before the files are followed', true],
  ['before anybody hears of them', false],
])('secrets that arrive during a start, %s, are told', async (_when, isEarly) => {
  const config = given();
  if (isEarly) write(SECOND);
  const live = openLiveConfig(config, telling);
  if (!isEarly) {
    write(SECOND);
    live.look();
  }
  const told: (readonly string[])[] = [];
  live.onSecrets((secrets) => told.push(secrets));
  await live.close();
  expect(told).toEqual([[SECOND]]);
});

test('those that were given are not told, nor is a file that went', async () => {
  const config = given();
  rmSync(file);
  const live = openLiveConfig(config, telling);
  const told: (readonly string[])[] = [];
  live.onSecrets((secrets) => told.push(secrets));
  write(FIRST);
  live.look();
  await live.close();
  expect(told).toEqual([]);
});
