import type { EventStore } from '../event-store.ts';
import type { Ledger } from '../ledger.ts';
import { parseRedisAddress } from './address.ts';
import { noHealing } from './failover.ts';
import { redisLedger } from './ledger.ts';
import { prepare } from './prepare.ts';
import { RedisStore } from './redis-store.ts';
import { Session } from './session.ts';
import { oneShard } from './shard.ts';
import type { RedisSettings } from './settings.ts';
import { Tail } from './tail.ts';
import { Timelines } from './timelines.ts';

/** How a Redis store is opened. */
export interface OpenRedisOptions {
  /** `SCANGATE_STORE`: what {@link parseRedisAddress} takes. */
  readonly url: string;
  readonly settings: RedisSettings;
  /** Bring the store to this release first; without it a store that is not ready refuses to open. */
  readonly migrate: boolean;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A fresh text of at least 128 random bits. */
  readonly randomText: () => string;
}

/** An open Redis store: both ports on one set of connections. */
export interface RedisStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
}

/**
 * Opens the store on Redis.
 *
 * @throws Error with one line where the data or the server must not be used; {@link StoreUnavailable} where nothing
 * answered in time.
 */
export async function openRedisStore(options: OpenRedisOptions): Promise<RedisStores> {
  const { url, settings, clock, random, randomText } = options;
  const address = parseRedisAddress(url);
  const meta = await prepare(address, {
    migrate: options.migrate,
    partitions: settings.partitions,
    randomText,
    timeoutMs: settings.callTimeoutMs,
  });
  const timelines = new Timelines({ meta, randomText, onChange: (shard) => tail.rewind(shard) });
  const checks = { writer: timelines.checkWriter, reader: timelines.checkReader };
  const shards = oneShard(address, checks, meta.partitions);
  await Promise.all(shards.all.map((shard) => shard.writer.whenUp(settings.callTimeoutMs)));
  timelines.start(shards);
  const tail = new Tail({
    shards,
    together: address.kind !== 'cluster',
    pauseMs: settings.tailPauseMs,
    rewindMs: settings.rewindMs,
    gapMaxMs: settings.rewindMs,
    clock,
    onEntry: () => {},
  });
  const session = new Session({
    settings,
    partitions: meta.partitions,
    shards,
    clock,
    random,
    healing: noHealing,
    timeline: () => timelines.name(shards),
    writesRefused: () => undefined,
  });
  return { store: new RedisStore(session, tail), ledger: redisLedger(session) };
}
