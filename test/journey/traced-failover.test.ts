import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { CALLER, WHOLE, pathOf, startCollector } from '../support/collector.ts';
import type { Collector } from '../support/collector.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { confirm, demoPhone, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { watch } from '../support/watching.ts';
import type { Watching } from '../support/watching.ts';

const COUNT = 16;
/** Between two confirmations, in milliseconds: some come before the master is killed, some after. */
const STEP_MS = 4;

const WITHIN = { withinMs: 60_000, everyMs: 50 };

interface Begun {
  readonly headers: Readonly<Record<string, string>>;
  readonly traceId: string;
  readonly ticket: Minted;
  readonly watching: Watching;
  readonly scanned: Scanned;
}

let stores: SentinelTopology;
let collector: Collector;
let here: Gateway;
let there: Gateway;

async function begin(): Promise<Begun> {
  const traceId = randomBytes(16).toString('hex');
  const headers = { traceparent: `00-${traceId}-${CALLER}-01` };
  const ticket = await mint(here.url, { headers });
  const watching = watch('events', ticket);
  const code = readScanCode(await watching.told('pending'));
  const phone = { headers: { ...demoPhone('alice'), ...headers } };
  const scanned = expectStatus(await scan(there.url, code, 'alice', phone), 201);
  await watching.told('scanned');
  return { headers, traceId, ticket, watching, scanned };
}

/** Asks again for as long as the store is away. */
async function patiently<T>(ask: () => Promise<Answer<T>>): Promise<T> {
  return await until(async () => {
    const answer = await ask();
    return answer.status === 503 ? false : expectStatus(answer, 200);
  }, WITHIN);
}

async function end({ headers, scanned, ticket, watching }: Begun): Promise<void> {
  const phone = { headers: { ...demoPhone('alice'), ...headers } };
  await patiently(() => confirm(there.url, scanned, 'alice', phone));
  const { result } = await watching.final;
  await patiently(() => redeem(there.url, ticket, result?.code ?? '', { headers }));
}

/** Of a sign-in's spans those that no failover takes away: docs/traces.md says why not the confirmation's telling. */
const CERTAIN = WHOLE.filter((path) => !/^(feed|deliver) .*confirm/.test(path));

/** Takes a failover: `npm test -- --long test/journey/traced-failover.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? describe.skip : describe;

whole('a failover in the middle of sign-ins', () => {
  beforeAll(async () => {
    [stores, collector] = await Promise.all([startSentinelTopology(), startCollector()]);
    [here, there] = (await Promise.all(
      (['here', 'there'] as const).map((node) =>
        startGateway({
          env: {
            SCANGATE_STORE: stores.url,
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
            OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
            OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${node}`,
            OTEL_BSP_SCHEDULE_DELAY: '50',
          },
        }),
      ),
    )) as [Gateway, Gateway];
  });

  afterAll(async () => {
    await Promise.all([here?.stop(), there?.stop()]);
    await Promise.all([stores?.stop(), collector?.close()]);
  });

  test('each is one trace, and no span of it hangs in the air', async () => {
    const all = await Promise.all(Array.from({ length: COUNT }, begin));
    const master = await stores.master();
    const ends = all.map(async (one, index) => {
      await sleep(index * STEP_MS);
      await end(one);
    });
    await sleep((COUNT / 2) * STEP_MS);
    await master.kill();
    await Promise.all(ends);
    for (const { traceId } of all) {
      const paths = (): readonly string[] => {
        const ours = collector.spans().filter((span) => span.traceId === traceId);
        return ours.map((span) => pathOf(span, ours));
      };
      const missing = (): readonly string[] => CERTAIN.filter((path) => !paths().includes(path));
      await until(() => missing().length === 0, WITHIN).catch(() => undefined);
      expect(missing()).toEqual([]);
      // Nothing else hangs below what is not there: only more of the same, where something was tried or read again.
      expect(paths().filter((path) => !WHOLE.includes(path))).toEqual([]);
    }
  });
});
