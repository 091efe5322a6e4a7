import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { headKey } from '../../src/store/keys.ts';
import { FORMAT } from '../../src/store/redis/setup/meta.ts';
import { partitionOf, ticketSubject } from '../../src/store/subject.ts';
import { ask } from '../support/ask.ts';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { watch } from '../support/watching.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the data's present format stands: the commit that wrote it there is the oldest release that fits. */
const FORMAT_FILE = 'src/store/redis/setup/meta.ts';

let redis: Redis;
let older: Gateway;
let newer: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  // The older one does not log that it listens.
  const env = { SCANGATE_STORE: redis.url, SCANGATE_LOG_LEVEL: 'warn' };
  [older, newer] = await Promise.all([startGateway({ env, main: olderBuild() }), startGateway({ env })]);
}, 180_000);

afterAll(async () => {
  await Promise.all([older?.stop(), newer?.stop()]);
  await redis?.stop();
});

/** Builds an earlier commit of this repository, from git; in a checkout without its history, HEAD itself. */
function olderBuild(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const written = git('log', '--format=%H', `-SFORMAT = ${FORMAT};`, '--', FORMAT_FILE).split('\n').at(-1);
  const commit = written === undefined || written === '' ? git('rev-parse', 'HEAD') : written;
  const folder = join(ROOT, '.cache', 'older', commit);
  const main = join(folder, 'dist', 'main.js');
  if (existsSync(main)) return main;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return main;
}

test('a ticket of the older release is scanned, confirmed and redeemed at the newer one', async () => {
  const { watching } = await signIn(older.url, { phoneUrl: newer.url });
  expect(watching.notices.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed']);
});

test('and the other way round', async () => {
  const { watching } = await signIn(newer.url, { phoneUrl: older.url });
  expect(watching.notices.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed']);
});

test('a ticket that the older release would misread is refused there, and gets its result at the newer one', async () => {
  const ticket = await mint(newer.url);
  const code = readScanCode(ticket.notice);
  const scanned = expectStatus(await scan(newer.url, code, 'mallory'), 201);
  expect((await scan(newer.url, code, 'alice')).status).toBe(409);
  expectStatus(await confirm(newer.url, scanned, 'mallory'), 200);
  const told = await look(ticket, older.url);
  expect([told.status, (told.body as unknown as { code: string }).code]).toEqual([503, 'newer_schema']);
  expect(expectStatus(await look(ticket), 200)).toHaveProperty('result.code');
});

test('a ticket in flight survives the older release going away', async () => {
  const ticket = await mint(older.url);
  const watching = watch('events', ticket, { bases: [older.url, newer.url] });
  const scanned = expectStatus(await scan(older.url, readScanCode(await watching.told('pending'))), 201);
  await watching.told('scanned');
  await older.stop();
  expectStatus(await confirm(newer.url, scanned), 200);
  const { result } = await watching.final;
  expectStatus(await redeem(newer.url, ticket, result?.code ?? ''), 200);
});

test('a ticket that a release after this one wrote is refused as such, and no other', async () => {
  const [theirs, ours] = [await mint(newer.url), await mint(newer.url)];
  const subject = ticketSubject(theirs.ticketId);
  const partition = partitionOf(subject, 16);
  const key = headKey(partition, subject);
  const head = String(await ask(redis.port, 'GET', key));
  const ofTomorrow = head.replace(/^(2 \d+ [01]) 1 /, '$1 99 ');
  expect(ofTomorrow).not.toBe(head);
  await ask(redis.port, 'SET', key, ofTomorrow, 'KEEPTTL');

  const refused = await look(theirs);
  expect([refused.status, (refused.body as unknown as { code: string }).code]).toEqual([503, 'newer_schema']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await scan(newer.url, readScanCode(theirs.notice))).status).toBe(503);
  expect(await ask(redis.port, 'GET', key)).toBe(ofTomorrow);
  expectStatus(await look(ours), 200);
});
