import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { built } from '../support/built.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { mint } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

const TICKETS = 200;
/** How much later Redis hears and answers, so that a command is in the midst of its work for long. */
const LATER_MS = 20;

let redis: Redis;
let proxy: FaultProxy;
let child: ChildProcess | undefined;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  redis = await startRedis();
  proxy = await startFaultProxy({ port: redis.port });
  // None ends by itself, however long the commands take.
  const long = { SCANGATE_TICKET_LIFE: 'PT1H', SCANGATE_TICKET_LIFE_MAX: 'PT1H' };
  const gateway = await warm.gateway({ SCANGATE_STORE: redis.url, ...long });
  await Promise.all(Array.from({ length: TICKETS }, () => mint(gateway.url)));
});

afterEach(() => {
  child?.kill('SIGKILL');
  proxy.heal();
});

afterAll(async () => {
  await warm.stop();
  await proxy?.stop();
  await redis?.stop();
});

interface Line {
  readonly kind?: string;
  readonly error?: string;
  readonly unrecorded?: string;
}

/** Ends every ticket, over a slow way to Redis. @param inTheMidst called once the first is named. @param settings of the command */
async function revokeSlowly(
  inTheMidst: (child: ChildProcess) => void,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | null; readonly lines: readonly Line[]; readonly stderr: string }> {
  for (const direction of ['toServer', 'toClient'] as const)
    proxy.set(direction, { kind: 'latency', delayMs: LATER_MS });
  const store = `redis://127.0.0.1:${proxy.port}`;
  const env = { ...settings, PATH: process.env['PATH'], SCANGATE_STORE: store };
  const command = [built('cli/scangate.js'), 'revoke', '--client', 'demo', '--json'];
  const started = spawn(process.execPath, command, { env });
  child = started;
  let [stdout, stderr] = ['', ''];
  started.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  started.stdout.on('data', (data: Buffer) => {
    if (stdout === '') inTheMidst(started);
    stdout += data.toString();
  });
  const [status] = (await once(started, 'close')) as [number | null];
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { status, stderr, lines };
}

/** How many tickets go on. */
async function living(): Promise<number> {
  const dry = await warm.scangate(['revoke', '--client', 'demo', '--dry-run', '--json'], {
    SCANGATE_STORE: redis.url,
  });
  return (JSON.parse(dry.stdout.trim().split('\n').at(-1) ?? '') as { readonly tickets: number }).tickets;
}

/** What the record has of revocations, the oldest first. */
async function recorded(): Promise<readonly { readonly reason: string; readonly ended?: number }[]> {
  const { stdout } = await warm.scangate(['audit', '--kind', 'revocation', '--json'], {
    SCANGATE_STORE: redis.url,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason: string; ended?: number });
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the midst ends what is being ended and no more, and the record has how many that were',
  async (signal) => {
    const before = await living();
    const patient = { SCANGATE_STORE_TIMEOUT: 'PT1M' };
    const { status, stderr, lines } = await revokeSlowly((going) => going.kill(signal), patient);
    expect([status, stderr]).toEqual([1, expect.stringContaining('stopped before it was through')]);
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining('the same again ends what is left') });
    const left = await living();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(before);
    expect((await recorded()).slice(-2)).toMatchObject([
      { reason: 'operator_begun' },
      { reason: 'operator_incomplete', ended: before - left },
    ]);
  },
);

test('where the store goes away in the midst, it says that the record does not have it', async () => {
  const known = (await recorded()).length;
  const { status, lines } = await revokeSlowly(() => {
    proxy.refuse(true);
    proxy.cut();
  });
  expect(status).toBe(1);
  expect(lines.slice(-2)).toEqual([{ unrecorded: expect.any(String) }, { error: expect.any(String) }]);
  expect((await recorded()).slice(known)).toMatchObject([{ reason: 'operator_begun' }]);
});
