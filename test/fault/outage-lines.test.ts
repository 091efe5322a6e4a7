import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { mint } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startFrailRedis } from './redis-outages.ts';
import type { FrailRedis, OutageCase } from './redis-outages.ts';
import { clearDisk, fillDisk, onSmallDisk } from './small-disk.ts';
import { startUpstreams } from './upstream-outages.ts';
import type { Upstreams } from './upstream-outages.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly outage?: string;
  readonly cause?: string;
  readonly why?: string;
  readonly failures?: Readonly<Record<string, number>>;
}

const BEGAN = 'an outage began';
const OVER = 'an outage is over';
const STORE_TIMEOUT_MS = 1000;

function outageLines(gateway: Gateway): Line[] {
  return gateway
    .output()
    .stdout.split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ outage }) => outage !== undefined);
}

async function isReady(gateway: Gateway): Promise<boolean> {
  const answer = await fetch(`${gateway.url}/readyz`, { signal: AbortSignal.timeout(1000) });
  await answer.arrayBuffer();
  return answer.status === 200;
}

async function untilReady(gateway: Gateway, isSo: boolean, withinMs = 30_000): Promise<void> {
  const what = isSo ? 'a ready gateway' : 'a gateway that says it is not ready';
  await until(async () => (await isReady(gateway)) === isSo, { withinMs, everyMs: 50, what });
}

let frail: FrailRedis;
let upstreams: Upstreams;
let gateway: Gateway;

beforeAll(async () => {
  [frail, upstreams] = await Promise.all([startFrailRedis(), startUpstreams()]);
  gateway = await startGateway({
    env: {
      ...upstreams.env,
      SCANGATE_STORE: frail.redis.url,
      SCANGATE_CANARY_PERIOD: 'PT0.2S',
      SCANGATE_STORE_TIMEOUT: `PT${STORE_TIMEOUT_MS / 1000}S`,
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await upstreams?.stop();
  await frail?.stop();
});

/** Lets it happen, and end; what the log said of it. */
async function live({ outage, cause, begin, end, isOthers, withinMs = 30_000 }: OutageCase): Promise<Line[]> {
  await untilReady(gateway, true);
  const before = outageLines(gateway).length;
  const lines = (): Line[] => outageLines(gateway).slice(before);
  await begin();
  if (isOthers !== true) await untilReady(gateway, false, withinMs);
  // A connection that is cut on the way may be told of first.
  const what = `a line that says ${outage} ${cause}`;
  const told = await until(() => lines().find((line) => line.cause === cause), { withinMs, what });
  expect(told).toMatchObject({ level: 'warn', outage, why: expect.stringMatching(/./) });
  await end();
  const isOver = async (): Promise<boolean> => {
    if (isOthers === true) await end();
    return lines().some(({ msg }) => msg === OVER);
  };
  await until(isOver, { everyMs: 100, what: `the end of ${outage} ${cause}` });
  await untilReady(gateway, true);
  return lines();
}

test('whatever happens, one after the other: one line with the cause, one at the end, and not ready', async () => {
  const seen: string[] = [];
  for (const one of [...frail.cases, ...upstreams.casesOf(() => gateway)]) {
    const lines = await live(one);
    const name = [one.outage, one.cause, one.how].filter(Boolean).join(' ');
    seen.push(name);
    const of = (msg: string): string[] =>
      lines.filter((line) => line.msg === msg).map((line) => `${name}: ${line.outage}`);
    expect(of(BEGAN)).toEqual([`${name}: ${one.outage}`]);
    expect(of(OVER)).toEqual([`${name}: ${one.outage}`]);
    expect(lines.at(-1)?.failures?.[one.cause]).toBeGreaterThan(0);
  }
  expect(seen).toHaveLength(17);
  expect(gateway.output().stdout).not.toMatch(/hidden word|account-secret|oidc-secret/);
}, 120_000);

test('two at once: each begins and ends once, and a second cause has one line more', async () => {
  const [memory, keys] = [frail.cases[0]!, upstreams.casesOf(() => gateway)[3]!];
  const refused = frail.cases.find(({ cause }) => cause === 'refused')!;
  const before = outageLines(gateway).length;
  await keys.begin();
  await memory.begin();
  await untilReady(gateway, false);
  await until(() => outageLines(gateway).slice(before).length === 2);
  await refused.begin();
  const another = 'an outage has another cause';
  await until(() =>
    outageLines(gateway)
      .slice(before)
      .some(({ msg, cause }) => msg === another && cause === 'refused'),
  );
  await refused.end();
  await until(async () => {
    await keys.end();
    return (
      outageLines(gateway)
        .slice(before)
        .filter(({ msg }) => msg === OVER).length === 2
    );
  });
  const lines = outageLines(gateway).slice(before);
  const begun = lines.filter(({ msg }) => msg === BEGAN).map(({ outage, cause }) => `${outage} ${cause}`);
  expect(begun).toEqual(['phone_jwt audience', 'store out_of_memory']);
  const store = lines.find(({ msg, outage }) => msg === OVER && outage === 'store');
  expect(Object.keys(store?.failures ?? {})).toEqual(expect.arrayContaining(['out_of_memory', 'refused']));
});

test('a store that refuses connections: a mint is refused before the time of the store has run out', async () => {
  await frail.redis.kill();
  const tookMs: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const startedAt = performance.now();
    await expect(mint(gateway.url, { clientId: 'shop', redirectUri: undefined })).rejects.toThrow(/503/);
    tookMs.push(performance.now() - startedAt);
  }
  // Of one that waits for that, none is.
  expect(Math.min(...tookMs)).toBeLessThan(STORE_TIMEOUT_MS);
  await frail.redis.restart();
});

test('a file store on a disk that is full: one line with the cause, not ready, and one line once there is room', async () => {
  const folder = await temporaryFolder();
  const disk = join(folder.path, 'disk');
  await mkdir(disk);
  const full = await startGateway({
    under: onSmallDisk(disk, 4 * 1024 * 1024),
    env: {
      SCANGATE_STORE: `file:${join(disk, 'store')}`,
      SCANGATE_CANARY_PERIOD: 'PT0.2S',
    },
  });
  try {
    await fillDisk(full.pid, disk);
    await untilReady(full, false);
    const [began] = await until(() => outageLines(full).length > 0 && outageLines(full));
    expect(began).toMatchObject({ level: 'warn', msg: BEGAN, outage: 'store', cause: 'disk_full' });
    await clearDisk(full.pid, disk);
    await until(() => outageLines(full).some(({ msg }) => msg === OVER));
    await untilReady(full, true);
    expect(outageLines(full)).toHaveLength(2);
  } finally {
    await full.stop();
    await folder.remove();
  }
});
