import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS } from '../support/gateway.ts';
import { startClusterTopology } from '../support/cluster.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import { scangate } from '../support/scangate.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Notice, Scanned, Tokens } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

const isLong = process.env['SCANGATE_TEST_LONG'] !== undefined;
const SESSIONS = isLong ? 1_000 : 60;
const IN_FLIGHT = isLong ? 100 : 30;
const AT_ONCE = 16;

let folder: TemporaryFolder;
let redis: Redis;
let gateway: WarmGateway | undefined;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
  redis = await startRedis();
});

afterAll(async () => {
  await gateway?.stop();
  await warm.stop();
  await redis?.stop();
  await folder?.remove();
});

async function many<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function confirmed(base: string, ticket: Minted, name: string): Promise<string> {
  const scanned = expectStatus(await scan(base, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(base, scanned, name), 200);
  return codeOf(expectStatus(await look(ticket), 200));
}

function codeOf({ result }: Notice): string {
  if (result?.code === undefined) throw new Error('no code');
  return result.code;
}

function refresh(base: string, token: string): Promise<Answer<Tokens>> {
  return call(`${base}/oauth/token`, {
    form: { grant_type: 'refresh_token', refresh_token: token, client_id: 'demo' },
  });
}

interface InFlight {
  readonly ticket: Minted;
  readonly scanned?: Scanned;
  readonly code?: string;
}

/** Pending, scanned and confirmed in turn. */
async function underWay(base: string, index: number): Promise<InFlight> {
  const ticket = await mint(base, { scope: 'openid' });
  const name = `flying-${index}`;
  if (index % 3 === 0) return { ticket };
  if (index % 3 === 1)
    return { ticket, scanned: expectStatus(await scan(base, readScanCode(ticket.notice), name), 201) };
  return { ticket, code: await confirmed(base, ticket, name) };
}

/** Where it was is known by the cursor that the browser has: nothing newer is told, and nothing is reset. */
async function goesOn(base: string, { ticket, scanned, code }: InFlight, index: number): Promise<void> {
  const name = `flying-${index}`;
  const now = await look(ticket);
  const { cursor, status } = expectStatus(now, 200);
  if (scanned === undefined && code === undefined) expect(cursor).toBe(ticket.notice.cursor);
  const waited = await call<Notice>(`${ticket.links.poll}?after=${cursor}&wait=0`, {
    headers: ticket.secretHeaders,
  });
  expect([status, waited.status]).toEqual([status, 204]);
  if (code !== undefined) {
    expectStatus(await redeem(base, ticket, code), 200);
    return;
  }
  const phone = scanned ?? expectStatus(await scan(base, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(base, phone, name), 200);
  const after = await call<Notice>(`${ticket.links.poll}?after=${cursor}&wait=1`, {
    headers: ticket.secretHeaders,
  });
  const notice = expectStatus(after, 200);
  expect([notice.status, notice.reset]).toEqual(['confirmed', false]);
  expectStatus(await redeem(base, ticket, codeOf(notice)), 200);
}

/** People on one store; it is copied, and put into another, where all goes on. */
async function moves(from: string, to: string): Promise<void> {
  const [people = ''] = from.split(':');
  const env = { SCANGATE_SECRETS: TEST_SECRETS, SCANGATE_DEVICE_LIFE: 'PT10M' };
  gateway = await warm.gateway({ ...env, SCANGATE_STORE: from });
  const { url, port } = gateway;
  const sessions = await many(SESSIONS, async (index) => {
    const ticket = await mint(url, { scope: 'openid offline_access' });
    const code = await confirmed(url, ticket, `${people}-${index}`);
    return expectStatus(await redeem(url, ticket, code), 200);
  });
  const used = expectStatus(await refresh(url, sessions[0]?.refresh_token ?? ''), 200);
  const device = await call<{ readonly device_code: string; readonly user_code: string }>(
    `${url}/oauth/device_authorization`,
    { form: { client_id: 'demo', scope: 'openid' } },
  );
  const flying = await many(IN_FLIGHT, (index) => underWay(url, index));
  await gateway.stop();

  const copy = join(folder.path, 'store.copy');
  const exported = await scangate(['export', copy], { ...env, SCANGATE_STORE: from });
  expect({ ...exported, stdout: '' }).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(exported.stdout).toMatch(
    /\d+ heads?, \d+ events?, \d+ (entry|entries) of the ledger; sha256 [0-9a-f]{64}\n/,
  );
  expect(await readFile(copy, 'utf8')).not.toContain(TEST_SECRETS);
  const imported = await warm.scangate(['import', copy], { ...env, SCANGATE_STORE: to });
  expect({ ...imported, stdout: '' }).toEqual({ status: 0, stdout: '', stderr: '' });
  gateway = await warm.gateway({ ...env, SCANGATE_STORE: to }, { port });

  await many(IN_FLIGHT, (index) => goesOn(url, flying[index]!, index));
  const { device_code: deviceCode, user_code: userCode } = expectStatus(device, 200);
  const scanned = expectStatus(await scan(url, { userCode }, `${people}-0`), 201);
  expectStatus(await confirm(url, scanned, `${people}-0`), 200);
  expectStatus(
    await call(`${url}/oauth/token`, {
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: deviceCode,
        client_id: 'demo',
      },
    }),
    200,
  );
  const listed = await call<{ readonly sessions: readonly unknown[] }>(`${url}/v1/sessions`, {
    headers: { authorization: `Bearer demo-${people}-7` },
  });
  expect(expectStatus(listed, 200).sessions).toHaveLength(1);
  await many(SESSIONS - 1, async (index) => {
    const { access_token: access, refresh_token: token = '' } = sessions[index + 1]!;
    const asked = await call(`${url}/oauth/userinfo`, { headers: { authorization: `Bearer ${access}` } });
    expect(expectStatus(asked, 200)).toMatchObject({ sub: `${people}-${index + 1}` });
    expectStatus(await refresh(url, token), 200);
  });
  expectStatus(await refresh(url, used.refresh_token ?? ''), 200);
  await gateway.stop();
}

const goOn = `${SESSIONS} sessions and ${IN_FLIGHT} tickets in flight go on after a move from`;

test(`${goOn} a file to Redis`, () => moves(`file:${join(folder.path, 'store')}`, redis.url), 120_000);

const longTest = isLong ? test : test.skip;

longTest(
  `${goOn} Redis to a Cluster, and from there to a master with Sentinels`,
  async () => {
    const topologies = [await startClusterTopology(), await startSentinelTopology()] as const;
    const [cluster, sentinels] = topologies;
    try {
      await moves(redis.database(2), cluster.url);
      await moves(cluster.url, sentinels.url);
    } finally {
      await gateway?.stop();
      for (const topology of topologies) await topology.stop();
    }
  },
  600_000,
);

test('a copy with a changed, missing or added line is not put anywhere, and one that was broken off is put anew', async () => {
  const copy = join(folder.path, 'store.copy');
  const whole = await readFile(copy, 'utf8');
  const lines = whole.split('\n');
  const bad = join(folder.path, 'bad.copy');
  const env = { SCANGATE_STORE: redis.database(1) };
  const given = [
    [lines.slice(0, -2).join('\n') + '\n', 'its last line is missing'],
    [whole.slice(0, -20), 'its last line has no end'],
    [whole.replace('"confirmed"', '"cancelled"'), 'it has another checksum'],
    [[...lines.slice(0, 5), ...lines.slice(6)].join('\n'), 'it has another checksum'],
    [whole.replace('"scangate_copy":1', '"scangate_copy":2'), 'this release knows 1'],
    ['{"hello":"world"}\n', 'is no copy'],
    ['\u0000\n', 'line 1 is not of a copy'],
  ] as const;
  for (const [text, why] of given) {
    await writeFile(bad, text);
    const { status, stderr } = await warm.scangate(['import', bad], env);
    expect([status, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(await redis.info('keyspace')).not.toHaveProperty('db1');
});
