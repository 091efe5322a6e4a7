import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { built } from '../support/built.ts';
import { startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';

const COMMAND = built('cli/scangate.js');

/** Lives so short that a run sees each end; a foreign client, so that it sees CORS too. */
const SHORT_LIVES = {
  SCANGATE_TICKET_LIFE: 'PT12S',
  SCANGATE_DECISION_TIME: 'PT12S',
  SCANGATE_TICKET_LIFE_MAX: 'PT30S',
  SCANGATE_CODE_LIFE: 'PT8S',
  SCANGATE_QR_PERIOD: 'PT3S',
};
const SHOP = {
  client_id: 'shop',
  redirect_uris: ['https://shop.example/callback'],
  client_secret: 'a secret of a shop in a test'.replaceAll(' ', '-'),
  scangate: { number_match: true },
};

/** By default on the one store; `under-a-path.test.ts` runs the suite on the other. */
const STORES = (['redis', 'file'] as const).slice(0, rounds(1, 2));

let redis: Redis;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const gateways: Gateway[] = [];
let reports = 0;
const runs = new Map<string, Promise<Report>>();

/** The runs wait more than they work, so they are made side by side. */
beforeAll(async () => {
  [redis, folder] = await Promise.all([startRedis(), temporaryFolder()]);
  const clientsFile = join(folder.path, 'clients.json');
  await writeFile(clientsFile, JSON.stringify([SHOP]));
  const stores = { redis: { SCANGATE_STORE: redis.url }, file: {} };
  const client = ['--client', SHOP.client_id, '--client-secret', SHOP.client_secret];
  const groups = ['origin', 'retry', 'transition'].flatMap((only) => ['--only', only]);
  for (const store of STORES) {
    const gateway = await start({ ...stores[store], SCANGATE_CLIENTS_FILE: clientsFile });
    runs.set(store, conform(gateway));
    if (store === STORES[0])
      runs.set('shop', conform(gateway, ...client, '--redirect-uri', SHOP.redirect_uris[0]!, ...groups));
  }
  for (const run of runs.values()) run.catch(() => {}); // each test awaits its own
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await redis?.stop();
  await folder?.remove();
});

interface Report {
  readonly failed: number;
  readonly checks: readonly { readonly name: string; readonly outcome: string; readonly why?: string }[];
}

async function start(env: Readonly<Record<string, string>>): Promise<Gateway> {
  const gateway = await startGateway({ env: { ...SHORT_LIVES, ...env } });
  gateways.push(gateway);
  return gateway;
}

async function conform(gateway: Gateway, ...args: readonly string[]): Promise<Report> {
  const json = join(folder.path, `${(reports += 1)}.json`);
  const suite = startChild(process.execPath, [
    COMMAND,
    'conformance',
    '--url',
    gateway.url,
    '--json',
    json,
    ...args,
  ]);
  const { code } = await suite.exited;
  const report = JSON.parse(await readFile(json, 'utf8')) as Report;
  expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(code).toBe(0);
  return report;
}

test.each(STORES)(
  'our own build passes on %s',
  async (store) => {
    const { checks } = (await runs.get(store))!;
    const skipped = checks.filter(({ outcome }) => outcome === 'skipped').map(({ why }) => why);
    expect(skipped.every((why) => /--slow|--redirect-uri/.test(why ?? ''))).toBe(true);
    expect(checks.length - skipped.length).toBeGreaterThan(100);
  },
  120_000,
);

test('for a client of another origin, with a secret and number match', async () => {
  const { checks } = (await runs.get('shop'))!;
  expect(checks.filter(({ outcome }) => outcome === 'skipped')).toEqual([]);
});

test('a gateway that is not there is status 2, and says so', async () => {
  const suite = startChild(process.execPath, [COMMAND, 'conformance', '--url', 'http://127.0.0.1:1']);
  expect((await suite.exited).code).toBe(2);
  expect(suite.output().stderr).toContain('does not answer');
});
