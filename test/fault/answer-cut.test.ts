import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTicketLog } from '../chaos/log.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { randomFrom, rounds, seeded } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { TRANSPORTS } from '../support/watching.ts';

let redis: Redis;
let network: FaultProxy;
let gateway: Gateway;

beforeAll(async () => {
  redis = await startRedis();
  network = await startFaultProxy(redis);
  gateway = await startGateway({ env: { SCANGATE_STORE: `redis://127.0.0.1:${network.port}` } });
});

afterAll(async () => {
  await gateway?.stop();
  await network?.stop();
  await redis?.stop();
});

test(
  'an answer that is cut after the function ran doubles nothing, and nobody notices',
  seeded(async (random) => {
    const cutting = new AbortController();
    const source = randomFrom(random.between(0, 1e9));
    const cuts = (async () => {
      let count = 0;
      for (; !cutting.signal.aborted; count += 1) {
        network.cutNextAnswer('sg3_append');
        await sleep(source.between(150, 400));
      }
      return count;
    })();
    const journeys = await Promise.all(
      Array.from({ length: rounds(12, 120) }, async (_, index) => {
        await sleep(index * 150);
        return signIn(gateway.url, { transport: random.pick(TRANSPORTS), name: `user-${index}` });
      }),
    ).finally(() => cutting.abort());
    expect(await cuts).toBeGreaterThan(4);
    network.heal();

    const log = await readTicketLog([redis]);
    for (const { ticket } of journeys) {
      const lines = log.get(ticket.ticketId) ?? [];
      expect(lines.map(({ status }) => status)).toEqual(['pending', 'scanned', 'confirmed', 'redeemed']);
    }
  }),
);
