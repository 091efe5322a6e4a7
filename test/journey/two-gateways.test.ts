import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';
import type { TransportName, Watching } from '../support/watching.ts';

let redis: Redis;
let here: WarmGateway;
let warm: Warm;
let there: Gateway;

beforeAll(async () => {
  warm = startWarm();
  redis = await startRedis();
  [here, there] = await Promise.all([
    warm.gateway({ SCANGATE_STORE: redis.url }),
    startGateway({ env: { SCANGATE_STORE: redis.url } }),
  ]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await Promise.all([redis?.stop(), warm.stop()]);
});

test.each(TRANSPORTS)('watched on one gateway, approved on the other, over %s', async (transport) => {
  const { watching } = await signIn(here.url, { transport, phoneUrl: there.url });
  expect(watching.notices.map((notice) => notice.status)).toEqual(['pending', 'scanned', 'confirmed']);
  expect(watching.notices.some((notice) => notice.reset)).toBe(false);
});

describe('a gateway that is killed between scan and confirmation', () => {
  interface UnderWay {
    readonly ticket: Minted;
    readonly watching: Watching;
    readonly scanned: Scanned;
  }

  /** What it scanned for browsers of another, and what browsers watched on it. */
  const scannedThere = new Map<TransportName, UnderWay>();
  const watchedThere = new Map<TransportName, UnderWay>();

  beforeAll(async () => {
    const doomed = await startGateway({ env: { SCANGATE_STORE: redis.url } });
    const begin = async (
      browser: Pick<Gateway, 'url'>,
      phone: Pick<Gateway, 'url'>,
      transport: TransportName,
    ): Promise<UnderWay> => {
      const ticket = await mint(browser.url);
      const watching = watch(transport, ticket, { bases: [...new Set([browser.url, here.url])] });
      const code = readScanCode(await watching.told('pending'));
      const scanned = expectStatus(await scan(phone.url, code), 201);
      await watching.told('scanned');
      return { ticket, watching, scanned };
    };
    for (const transport of TRANSPORTS) {
      scannedThere.set(transport, await begin(here, doomed, transport));
      watchedThere.set(transport, await begin(doomed, there, transport));
    }
    await doomed.kill();
    await doomed.stop();
  });

  test.each(TRANSPORTS)('it scanned, over %s', async (transport) => {
    const { ticket, watching, scanned } = scannedThere.get(transport)!;
    expectStatus(await confirm(there.url, scanned), 200);
    const { result } = await watching.final;
    expectStatus(await redeem(there.url, ticket, result?.code ?? ''), 200);
  });

  test.each(TRANSPORTS)('the browser watches it, over %s', async (transport) => {
    const { ticket, watching, scanned } = watchedThere.get(transport)!;
    expectStatus(await confirm(there.url, scanned), 200);
    const { result, reset } = await watching.final;
    expect(reset).toBe(false);
    expectStatus(await redeem(here.url, ticket, result?.code ?? ''), 200);
  });
});
