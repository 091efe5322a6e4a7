import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SENDING_MAX } from '../../src/webhooks/courier.ts';
import { SEED, rounds, seeded } from '../contract/appends.ts';
import { openQueues } from '../keepers/redis-queues.ts';
import { built } from '../support/built.ts';
import { startChild, untilPrinted } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';

const KILLS = rounds(4, 200);
const NODES = 3;
const TICKETS = 20;
const EVENTS = 4;
const CHILD = fileURLToPath(new URL('courier-child.mjs', import.meta.url));
/** A node that starts on a busy machine. */
const START_MS = 120_000;
/** A kill takes a few seconds, and beside other work some more. */
const LIMIT_MS = Math.max(600_000, 9000 * KILLS);

let redis: Redis;
let receiver: WebhookReceiver;
const nodes = new Map<number, Child>();
const random = seeded(SEED);

beforeAll(async () => {
  [redis, receiver] = await Promise.all([startRedis(), startWebhookReceiver()]);
});

afterAll(async () => {
  await Promise.all([...nodes.values()].map((node) => node.kill()));
  await receiver?.stop();
  await redis?.stop();
});

async function startNode(): Promise<void> {
  const dist = dirname(built('main.js'));
  const child = startChild(process.execPath, [CHILD, dist, redis.url, 'one', receiver.url]);
  nodes.set(child.pid, child);
  await untilPrinted(child, /delivers/, START_MS);
}

test(
  `of ${KILLS} nodes that are killed while they deliver, another takes up what they had in hand, each ticket in order (seed ${SEED})`,
  async () => {
    const { queue, close } = await openQueues(redis.url, { bytesMax: 1e8 });
    /** By which node each message came. */
    const came: number[] = [];
    const taken = new Set<number>();
    const mistakes: string[] = [];
    receiver.answer = ({ path, body }, response) => {
      const id = Number(body.data.id);
      came.push(Number(path.slice(1)));
      // Of one ticket, ids are so far apart.
      const before = id - TICKETS;
      const isFirst = (id - 1) % (TICKETS * EVENTS) < TICKETS;
      if (!isFirst && !taken.has(before)) mistakes.push(`${id} came before ${before} was taken`);
      setTimeout(() => {
        response.writeHead(204).end();
        taken.add(id);
      }, 5 * random());
    };
    await Promise.all(Array.from({ length: NODES }, startNode));
    let next = Promise.resolve();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const first = kill * TICKETS * EVENTS + 1;
      const messages = Array.from({ length: TICKETS * EVENTS }, (_, index) => {
        const subject = `t${kill}-${index % TICKETS}`;
        const id = String(first + index);
        return {
          receiver: 'one',
          id,
          subject,
          text: JSON.stringify({ id, kind: 'minted', ticket_id: subject }),
        };
      });
      await next;
      const seen = came.length + Math.floor(random() * TICKETS * (EVENTS - 1));
      expect(await queue.put([{ chain: 0, from: kill, to: kill + 1 }], messages)).toBe(true);
      const node = await until(() => came[seen], { everyMs: 1 });
      await nodes.get(node)!.kill();
      nodes.delete(node);
      next = startNode();
      const all = (kill + 1) * TICKETS * EVENTS;
      await until(() => taken.size === all, {
        withinMs: 20_000,
        what: `message ${taken.size + 1} of ${all}`,
      });
      expect(came.at(-1)).not.toBe(node);
    }
    await next;
    expect(mistakes).toEqual([]);
    // Again came what was in flight when a node was killed, or when one of two busy cores slept beyond its lease.
    expect(came.length - taken.size).toBeLessThanOrEqual(1.5 * SENDING_MAX * KILLS);
    await close();
  },
  LIMIT_MS,
);
