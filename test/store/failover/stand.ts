import { randomBytes } from 'node:crypto';
import { parseRedisAddress } from '../../../src/store/redis/connection/address.ts';
import { connectRedis } from '../../../src/store/redis/connection/connect-redis.ts';
import type { ServerAccess } from '../../../src/store/redis/connection/redis-connection.ts';
import { makeSoleShard } from '../../../src/store/redis/connection/shard.ts';
import type { Shards } from '../../../src/store/redis/connection/shard.ts';
import { prepare } from '../../../src/store/redis/setup/prepare.ts';
import type { Meta } from '../../../src/store/redis/setup/meta.ts';
import type { Redis } from '../../support/redis.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

export const PARTITIONS = 16;

/** Parts of a store beside a real Redis, in a time that moves only when the test says so. */
export interface Stand {
  readonly redis: Redis;
  readonly time: VirtualTime;
  readonly access: ServerAccess;
  readonly shards: Shards;
  readonly meta: Meta;
  /** Lets what is on its way to the server and back arrive; no time passes. */
  arrive(): Promise<void>;
  /** Lets time go on, and at each moment that something happens what it asked of the server arrives. */
  pass(ms: number): Promise<void>;
  close(): void;
}

/** A virtual time beside a real server: what runs after this turn runs in a real one, for so do the answers. */
class StandTime extends VirtualTime {
  override soon(call: () => void): void {
    setImmediate(call);
  }
}

/** Longer than any chain of calls, one after another, that the code makes within one moment. */
const CALLS_IN_A_ROW = 12;

export const randomText = (): string => randomBytes(16).toString('hex');

/** Sets the server's store up; nothing is connected to it yet. */
export async function openStand(redis: Redis): Promise<Stand> {
  const time = new StandTime(1_000_000);
  const access = { address: parseRedisAddress(redis.url), connect: connectRedis, time };
  const meta = await prepare(access, {
    migrate: true,
    partitions: PARTITIONS,
    randomText,
    timeoutMs: 5_000,
  });
  const shards = makeSoleShard(access, PARTITIONS, {});
  const arrive = async (): Promise<void> => {
    for (let i = 0; i < CALLS_IN_A_ROW; i += 1) {
      await new Promise((turn) => setImmediate(turn));
      for (const { writer, control } of shards.all)
        for (const link of [writer, control])
          if (link.redis.status === 'ready') await link.redis.ping().catch(() => undefined);
    }
  };
  return {
    redis,
    time,
    access,
    shards,
    meta,
    arrive,
    async pass(ms) {
      await arrive();
      const end = time.now() + ms;
      for (let next = time.next; next !== undefined && next <= end; next = time.next) {
        time.pass(Math.max(0, next - time.now()));
        await arrive();
      }
      time.pass(end - time.now());
      await arrive();
    },
    close: () => shards.close(),
  };
}
