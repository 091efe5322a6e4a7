import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { receiverKeys } from '../../src/keepers/redis/queue-keys.ts';
import { RedisArchive } from '../../src/keepers/redis/redis-archive.ts';
import { RECORD_TAG } from '../../src/keepers/redis/scripts.ts';
import { linkHash } from '../../src/record/chain/link.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { MESSAGE_BYTES } from '../../src/webhooks/message-queue.ts';
import { entry, writer } from '../contract/archive.ts';
import { openStores } from '../store/redis-support.ts';
import { startClusterTopology } from '../support/cluster.ts';
import type { ClusterTopology } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { openQueues } from './redis-queues.ts';

// CI plays the contract on one Redis; moving slots takes a minute.
const isLong = process.env['SCANGATE_TEST_LONG'] !== undefined;
const whole = isLong ? describe : describe.skip;
const LIMIT_MS = 180_000;
const MOVES = 3;

whole('while the slot of the record moves from one master of a Cluster to another', () => {
  let cluster: ClusterTopology;

  beforeAll(async () => {
    // No master is to be given up for being slow.
    cluster = await startClusterTopology({ masters: 3, replicasEach: 0, nodeTimeoutMs: 30_000 });
  }, LIMIT_MS);

  afterAll(async () => {
    await cluster.stop();
  });

  /** Moves the slot there and back, again and again, while `work` goes on; what is refused meanwhile is done again. */
  async function whileMoving(work: (round: number) => Promise<void>): Promise<void> {
    const slot = await cluster.slotOf(RECORD_TAG);
    const moving = { isOver: false };
    const moves = async (): Promise<void> => {
      for (let move = 0; move < MOVES; move += 1) {
        const from = await cluster.masterOf(RECORD_TAG);
        const to = (await cluster.masters()).find((master) => master !== from)!;
        await cluster.moveSlot(slot, to);
      }
    };
    const moved = moves().finally(() => (moving.isOver = true));
    moved.catch(() => undefined);
    const untilDone = async (round: number): Promise<void> => {
      const isDone = async (): Promise<boolean> => {
        try {
          await work(round);
          return true;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          return false;
        }
      };
      await until(isDone, { withinMs: 60_000, what: `round ${round}` });
    };
    let round = 0;
    for (; !moving.isOver; round += 1) await untilDone(round);
    await moved;
    await untilDone(round);
  }

  test(
    'no entry is half kept',
    async () => {
      const { store, recordCalls: calls } = await openStores(cluster.url);
      const options = { now: () => performance.now(), bytesMax: 1e9, onDropped: () => undefined };
      const archive = new RedisArchive({ calls, ...options });
      const own = writer(archive);
      // So much that a move takes a while.
      for (let at = 0; at < 3000; at += 100)
        await own.add(Array.from({ length: 100 }, (_, index) => entry(at + index)));
      let last = 2999;
      await whileMoving(async (round) => {
        await own.add([entry(3000 + 2 * round), entry(3001 + 2 * round)]);
        last = 3001 + 2 * round;
      });
      let before = '';
      const cursors: (string | undefined)[] = [];
      for (let from = 1; from <= last + 1; from += 500) {
        for (const { link, text, hash } of await archive.links(0, from, Math.min(500, last + 2 - from))) {
          expect(link).toBe(cursors.length + 1);
          expect(hash).toBe(linkHash(before, text));
          before = hash;
          cursors.push((JSON.parse(text) as { cursor?: string }).cursor);
        }
      }
      expect(cursors).toEqual(Array.from({ length: last + 1 }, (_, at) => `1-${at}`));
      expect(await archive.head(0)).toEqual({ link: last + 1, hash: before });
      const found = await archive.find({ column: { name: 'user', value: 'ada' }, limit: last + 10 });
      expect(found).toHaveLength(last + 1);
      const master = await cluster.masterOf(RECORD_TAG);
      const rows = (await master.ask('HVALS', `${RECORD_TAG}rows`)) as readonly string[];
      const bytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row), 0);
      expect(Number(await master.ask('HGET', `${RECORD_TAG}state`, 'bytes'))).toBe(bytes);
      await store.close();
    },
    LIMIT_MS,
  );

  test(
    'no message is half done: a hash whose last field goes is not taken for one that moved',
    async () => {
      const { queue, close } = await openQueues(cluster.url, { bytesMax: 1e9 });
      const keys = receiverKeys('r');
      const messages = [1, 2, 3].map((id) => ({
        receiver: 'r',
        id: String(id),
        subject: `t${id}`,
        text: 'x',
      }));
      await queue.begin(new Map());
      await queue.put([{ chain: 0, from: 0, to: 1 }], messages);
      const taken = (await queue.take('r', { limit: 3, after: undefined, inHand: false }))!;
      const places = taken.messages.map(({ place }) => place);
      await queue.tried('r', places[0]!, 1);
      const slot = await cluster.slotOf(RECORD_TAG);
      const from = await cluster.masterOf(RECORD_TAG);
      const to = (await cluster.masters()).find((master) => master !== from)!;
      await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await to.ask('CLUSTER', 'MYID')));
      const delivered = await Promise.allSettled(places.map((place) => queue.delivered('r', place)));
      expect(delivered.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await from.ask('CLUSTER', 'SETSLOT', slot, 'STABLE');
      expect(await from.ask('XLEN', keys.queue)).toBe(3);
      expect(await from.ask('HMGET', keys.state, 'count', 'bytes')).toEqual([
        '3',
        String(3 * (1 + MESSAGE_BYTES)),
      ]);
      await Promise.all(places.map((place) => queue.delivered('r', place)));
      expect(await from.ask('HGET', keys.state, 'count')).toBe('0');
      await close();
    },
    LIMIT_MS,
  );
});
