import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { CALLER, WHOLE, pathOf, startCollector } from '../support/collector.ts';
import type { CollectedSpan, Collector } from '../support/collector.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, demoPhone, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { watch } from '../support/watching.ts';

const WITHIN = { withinMs: 60_000 };

let redis: Redis;
let collector: Collector;
let here: Gateway;
let there: Gateway;

beforeAll(async () => {
  [redis, collector] = await Promise.all([startRedis(), startCollector()]);
  [here, there] = await Promise.all([tracedGateway('here'), tracedGateway('there')]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await Promise.all([redis?.stop(), collector?.close()]);
});

function tracedGateway(node: string): Promise<Gateway> {
  return startGateway({
    env: {
      SCANGATE_STORE: redis.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${node}`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
}

// A poll that comes after the event is answered from what is stored, so that no feed has a part in it.
test.each(['events', 'socket'] as const)(
  'a sign-in over two nodes is one trace, told over %s',
  async (transport) => {
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-${CALLER}-01` };
    const phone = { headers: { ...demoPhone('alice'), ...headers } };
    const ticket = await mint(here.url, { headers });
    const watching = watch(transport, ticket);
    const code = readScanCode(await watching.told('pending'));
    const scanned = expectStatus(await scan(there.url, code, 'alice', phone), 201);
    await watching.told('scanned');
    expectStatus(await confirm(there.url, scanned, 'alice', phone), 200);
    const { result } = await watching.final;
    const tokens = expectStatus(await redeem(there.url, ticket, result?.code ?? '', { headers }), 200);

    const ours = (): CollectedSpan[] => collector.spans().filter((span) => span.traceId === traceId);
    await until(() => ours().length >= WHOLE.length, WITHIN);
    const spans = ours();
    expect(spans.map((span) => pathOf(span, spans)).toSorted()).toEqual(WHOLE);

    const deliveries = spans.filter(({ name }) => name === 'deliver');
    const word = { events: 'sse', socket: 'socket' }[transport];
    expect(deliveries.map(({ attributes }) => attributes['scangate.transport'])).toEqual([word, word]);
    for (const { links } of deliveries) expect(links).toHaveLength(transport === 'socket' ? 0 : 1);
    const confirmed = spans.find(({ name }) => name.endsWith('confirm'));
    expect(confirmed?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/tickets/:id/confirm',
      'http.response.status_code': 200,
      'scangate.client': 'demo',
      'scangate.ticket': expect.stringMatching(/^t_[\w-]{22}$/),
    });

    await until(() => there.output().stdout.includes(`"trace_id":"${traceId}"`), WITHIN);
    const secrets = [code, scanned.handshake, result?.code, ticket.verifier, tokens.access_token];
    for (const secret of [...secrets, ticket.ticketId, 'alice', '127.0.0.1']) {
      expect(secret).toBeTruthy();
      expect(collector.text()).not.toContain(secret);
    }
  },
);

test('a collector that is away is one outage, and holds up no sign-in', async () => {
  const place = await startCollector();
  await place.close();
  const gateway = await startGateway({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: place.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
  const outages = (): string[] =>
    gateway.output().stdout.match(/"outage":"traces".*"msg":"an outage began"/g) ?? [];
  try {
    await signIn(gateway.url);
    await until(() => outages().length > 0, WITHIN);
    await signIn(gateway.url);
    const back = await startCollector(place.port);
    try {
      await until(() => back.types.has('application/x-protobuf'), {
        ...WITHIN,
        what: 'spans of a sign-in after the outage',
      });
    } finally {
      await back.close();
    }
    expect(outages()).toHaveLength(1);
  } finally {
    await gateway.stop();
  }
});
