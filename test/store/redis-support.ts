import { randomBytes } from 'node:crypto';
import { Redis as Client } from 'ioredis';
import type { EventStore, StoredEvent } from '../../src/store/event-store.ts';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import { parseEntry } from '../../src/store/redis/format/log-entry.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import type { OpenRedisOptions } from '../../src/store/redis/base.ts';
import type { RedisStores } from '../../src/store/redis/open.ts';
import { REDIS_DEFAULTS } from '../../src/store/redis/redis-settings.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import type { StoreSettings } from '../../src/store/store-settings.ts';
import { partitionOf } from '../../src/store/subject.ts';
import { systemTime } from '../../src/time/system-time.ts';
import type { Subject } from '../../src/store/subject.ts';
import { ask } from '../support/ask.ts';
import { until } from '../support/until.ts';
import type { StoreUnderTest } from '../contract/event-store.ts';

export const SETTINGS: StoreSettings = { historyMs: 60_000, lifeMaxMs: 180_000, callTimeoutMs: 5_000 };

/** Opens a store as compose does. */
export function openStores(
  url: string,
  settings: Partial<RedisSettings> = {},
  options: Partial<OpenRedisOptions> = {},
): Promise<RedisStores> {
  return openRedisStore({
    url,
    settings: { ...REDIS_DEFAULTS, ...SETTINGS, ...settings },
    migrate: true,
    time: systemTime,
    random: Math.random,
    randomText: () => randomBytes(16).toString('hex'),
    ...options,
  });
}

/** Opens a store on servers that have just begun, and may not yet agree on who of them is the master. */
export function openStoresOnceUp(...asked: Parameters<typeof openStores>): Promise<RedisStores> {
  return until(() => openStores(...asked), { withinMs: 60_000, everyMs: 100, what: 'an open store' });
}

/** A contract's store on one server, which is emptied first. */
export async function storeUnderTest(
  port: number,
  settings: StoreSettings,
  partitions = 16,
): Promise<StoreUnderTest> {
  await ask(port, 'FLUSHALL');
  const url = `redis://127.0.0.1:${port}`;
  const opened: EventStore[] = [];
  async function open(): Promise<EventStore> {
    const { store } = await openStores(url, settings);
    opened.push(store);
    return store;
  }
  return {
    store: await open(),
    openAgain: open,
    deleteHeads: async (subjects) => {
      for (const subject of subjects)
        await ask(port, 'DEL', headKey(partitionOf(subject, partitions), subject));
    },
    rawHead: async (subject) => {
      const text = await ask(port, 'GET', headKey(partitionOf(subject, partitions), subject));
      return text as string | null;
    },
    close: async () => {
      for (const store of opened) await store.close();
    },
  };
}

/** The whole log of all partitions, by subject. */
export async function wholeLog(
  ports: readonly number[],
  partitions: number,
): Promise<Map<Subject, StoredEvent[]>> {
  const log = new Map<Subject, StoredEvent[]>();
  for (const port of ports) {
    const client = new Client(port, '127.0.0.1', { protocol: 2 });
    try {
      for (let partition = 0; partition < partitions; partition++) {
        for (let from = '-'; ;) {
          const page = await client
            .xrange(partitionKeys(partition).log, from, '+', 'COUNT', 5_000)
            .catch(() => []);
          for (const [, fields] of page) {
            const { event } = parseEntry(fields[1] as string);
            const events = log.get(event.subject);
            if (events === undefined) log.set(event.subject, [event]);
            else events.push(event);
          }
          if (page.length < 5_000) break;
          from = `(${page[page.length - 1]?.[0]}`;
        }
      }
    } finally {
      client.disconnect();
    }
  }
  return log;
}
