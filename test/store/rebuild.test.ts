import { describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { open } from 'lmdb';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { headKey as fileHeadKey } from '../../src/store/file/keys.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import type { RebuildAll, RebuildReport } from '../../src/store/rebuild.ts';
import { connectRedis } from '../../src/store/redis/connection/connect-redis.ts';
import type { Connect } from '../../src/store/redis/connection/redis-connection.ts';
import { partitionOf, ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { ask } from '../support/ask.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startRedis } from '../support/redis.ts';
import { MINTED } from '../contract/appends.ts';
import { SETTINGS, openStores } from './redis-support.ts';

interface World {
  readonly store: EventStore;
  readonly rebuildAll: RebuildAll;
  /** A head's bytes. */
  readonly raw: (subject: Subject) => Promise<string | null>;
  readonly drop: (subject: Subject) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function onRedis(): Promise<World & { readonly spoil: (subject: Subject) => Promise<void> }> {
  const redis = await startRedis();
  const { store, rebuildAll } = await openStores(redis.url);
  const key = (subject: Subject): string => headKey(partitionOf(subject, 16), subject);
  const raw = async (subject: Subject): Promise<string | null> =>
    (await ask(redis.port, 'GET', key(subject))) as string | null;
  return {
    store,
    rebuildAll,
    raw,
    drop: async (subject) => void (await ask(redis.port, 'DEL', key(subject))),
    spoil: async (subject) => {
      const spoilt = (await raw(subject))?.replace(' pending ', ' scanned ') ?? '';
      await ask(redis.port, 'SET', key(subject), spoilt, 'KEEPTTL');
    },
    close: async () => {
      await store.close();
      await redis.stop();
    },
  };
}

async function onFile(): Promise<World> {
  const folder = await temporaryFolder();
  const { store, rebuildAll } = await openFileStore({
    folder: folder.path,
    settings: SETTINGS,
    time: systemTime,
    newId: randomUUID,
  });
  const behind = open<Buffer, Buffer>({
    path: folder.path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  return {
    store,
    rebuildAll,
    raw: (subject) => Promise.resolve(behind.get(fileHeadKey(subject))?.toString('latin1') ?? null),
    drop: async (subject) => void (await behind.remove(fileHeadKey(subject))),
    close: async () => {
      await behind.close();
      await store.close();
      await folder.remove();
    },
  };
}

for (const [name, start] of [
  ['Redis', onRedis],
  ['file', onFile],
] as const) {
  describe(`folding everything anew on the ${name} store`, () => {
    test('puts back, to the byte, what is missing, and leaves what stands', async () => {
      const world = await start();
      try {
        const commands = ticketCommands({
          store: world.store,
          makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
          tries: 6,
        });
        const user = { source: 'demo', issuer: 'demo', subject: 'ada' };
        const phone = { ip: '127.0.0.1', agent: '' };
        const ids = Array.from({ length: 50 }, () => randomBytes(16).toString('base64url'));
        for (const [index, id] of ids.entries()) {
          await commands.mint(id, MINTED);
          if (index % 2 === 0) await commands.run(id, { type: 'scan', user, phone }, () => undefined);
        }
        const subjects = ids.map(ticketSubject);
        const before = await Promise.all(subjects.map(world.raw));
        for (const subject of subjects.slice(0, 20)) await world.drop(subject);

        const progress: RebuildReport[] = [];
        const report = await world.rebuildAll((one) => progress.push(one));
        expect(report).toEqual({
          events: 75,
          tickets: 50,
          equal: 30,
          rebuilt: 20,
          over: 0,
          newer: 0,
          different: [],
        });
        expect(progress.length).toBeGreaterThan(0);
        expect(await Promise.all(subjects.map(world.raw))).toEqual(before);
        expect((await world.rebuildAll(() => undefined)).equal).toBe(50);
      } finally {
        await world.close();
      }
    });
  });
}

test('a head that is not what the log adds up to is told, and left as it is', async () => {
  const world = await onRedis();
  try {
    const commands = ticketCommands({
      store: world.store,
      makeNonce: () => '1',
      tries: 6,
    });
    const id = randomBytes(16).toString('base64url');
    await commands.mint(id, MINTED);
    await world.spoil(ticketSubject(id));
    const report = await world.rebuildAll(() => undefined);
    expect(report.different).toEqual([ticketSubject(id)]);
    expect(report.equal).toBe(0);
  } finally {
    await world.close();
  }
});

/** Connects as ever, and does something once, after the log was read and before its heads are compared. */
function beforeComparing(happens: () => Promise<void>): Connect {
  let left = 1;
  return (...to) => {
    const redis = connectRedis(...to);
    const mget = redis.mget.bind(redis);
    redis.mget = async (keys) => {
      if (left-- > 0) await happens();
      return await mget(keys);
    };
    return redis;
  };
}

test('a head whose log went on while it was folded is put back all the same', async () => {
  const redis = await startRedis();
  const id = randomBytes(16).toString('base64url');
  const partition = partitionOf(ticketSubject(id), 16);
  const { log } = partitionKeys(partition);
  const aThousandMore = async (): Promise<void> => {
    const [[, [field, text]]] = (await ask(redis.port, 'XRANGE', log, '-', '+', 'COUNT', '1')) as [
      [string, [string, string]],
    ];
    const other = text.replace(id, randomBytes(16).toString('base64url'));
    const script = "for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[2]) end";
    await ask(redis.port, 'EVAL', script, '1', log, field, other);
  };
  const { store, rebuildAll } = await openStores(redis.url, {}, { connect: beforeComparing(aThousandMore) });
  try {
    const commands = ticketCommands({ store, makeNonce: () => '1', tries: 6 });
    await commands.mint(id, MINTED);
    await ask(redis.port, 'DEL', headKey(partition, ticketSubject(id)));
    const report = await rebuildAll(() => undefined);
    expect(report).toMatchObject({ tickets: 1, rebuilt: 1 });
    expect(await ask(redis.port, 'XLEN', log)).toBe(1_001);
    expect((await rebuildAll(() => undefined)).equal).toBe(1);
  } finally {
    await store.close();
    await redis.stop();
  }
});
