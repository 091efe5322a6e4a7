import { afterEach, describe, expect, test } from '@jest/globals';
import { outward, systemResolve } from '../../src/outward/outward.ts';
import type { Kept } from '../../src/record/archive.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { Courier } from '../../src/webhooks/courier.ts';
import { FanOut } from '../../src/webhooks/fan-out.ts';
import { receiverCall } from '../../src/webhooks/receiver-call.ts';
import type { Receiver } from '../../src/webhooks/receiver.ts';
import { messageQueueContract } from '../contract/message-queue.ts';
import { startClusterTopology } from '../support/cluster.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { openQueues } from './redis-queues.ts';

// CI plays the contract on one Redis; what many servers do to it takes a minute.
const isLong = process.env['SCANGATE_TEST_LONG'] !== undefined;
const whole = isLong ? describe : describe.skip;
const LIMIT_MS = 120_000;

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

whole('the queues on a Cluster', () => {
  messageQueueContract(async () => {
    const cluster = await startClusterTopology();
    const { queue, letters, close } = await openQueues(cluster.url);
    return {
      queue,
      letters,
      async close() {
        await close();
        await cluster.stop();
      },
    };
  });
});

whole('the queues behind Sentinels', () => {
  test(
    'a failover that takes back what was put, and what was delivered, passes over nothing',
    async () => {
      const topology = await startSentinelTopology();
      ends.push(() => topology.stop());
      const { queue, close } = await openQueues(
        topology.url,
        { bytesMax: 1e8, leaseMs: 1500 },
        { durability: 'acknowledged' },
      );
      ends.push(close);
      const server = await startWebhookReceiver();
      ends.push(() => server.stop());
      const taken = new Set<number>();
      const mistakes: string[] = [];
      let again = 0;
      server.answer = ({ body }, response) => {
        const id = Number(body.data.id);
        if (taken.has(id)) again += 1;
        if (id > TICKETS && !taken.has(id - TICKETS))
          mistakes.push(`${id} came before ${id - TICKETS} was taken`);
        taken.add(id);
        response.writeHead(204).end();
      };
      const receiver: Receiver = { id: 'one', url: server.url, keys: [], isPrivate: true };
      const record = { head: 0 };
      const call = outward({
        reach: { privateHosts: [] },
        resolve: systemResolve,
        time: systemTime,
        timeoutMs: 5000,
      });
      const courier = new Courier(receiver, {
        queue,
        archive: { keys: () => Promise.resolve(new Map()) },
        call: receiverCall(call, systemTime.wallNow),
        time: systemTime,
        lookMs: 100,
        trustedMs: 1000,
        onDelivery: () => undefined,
        onWaiting: () => undefined,
      });
      const fanOut = new FanOut({
        archive: archiveOf(record),
        queue,
        receivers: () => [receiver],
        time: systemTime,
        onPut: () => courier.poke(),
        onLost: (count) => mistakes.push(`${count} lost`),
      });
      await fanOut.begin();
      courier.open();
      ends.push(() => courier.close());
      async function write(head: number): Promise<void> {
        for (; record.head < head; record.head += 10) await fanOut.look().catch(() => undefined);
        await fanOut.look();
      }
      await write(300);
      await until(() => taken.size === 300);
      await topology.settled();
      const master = await topology.master();
      await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
      await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
      await write(600);
      await until(() => taken.size === 600);
      await master.kill();
      await topology.switched(master);
      await until(() => write(900).then(() => true), { withinMs: 60_000, what: 'the store again' });
      await until(() => taken.size === 900, { withinMs: 60_000, what: 'all messages' });
      expect(mistakes).toEqual([]);
      expect(again).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});

const TICKETS = 20;

/** A record of one chain that grows. */
function archiveOf(record: { readonly head: number }) {
  const entry = (link: number): Kept => {
    const text = JSON.stringify({ id: String(link), kind: 'minted', ticket_id: `t${link % TICKETS}` });
    return { id: BigInt(link), link, chain: 0, hash: '', text };
  };
  return {
    heads: () => Promise.resolve(new Map([[0, { link: record.head, hash: '' }]])),
    links(_chain: number, from: number, limit: number) {
      const length = Math.max(0, Math.min(limit, record.head - from + 1));
      return Promise.resolve(Array.from({ length }, (_, index) => entry(from + index)));
    },
  };
}
