import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { META_KEY, headKey, partitionKeys } from '../../src/store/keys.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import { partitionOf } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import { MINTED, SCANNED, SEED, appendMaker, freshId, seeded } from '../contract/appends.ts';
import { startClusterTopology } from '../support/cluster.ts';
import type { ClusterTopology } from '../support/cluster.ts';
import { rounds } from '../support/random.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { judge, startLoad } from './redis-load.ts';
import type { Load, Verdict } from './redis-load.ts';
import { openStoresOnceUp, wholeLog } from './redis-support.ts';

const PARTITIONS = 64;

/** Tickets that are minted after an accident before the log is looked at. */
const MORE = rounds(40, 250);
/** Enough that something is under way at each server whenever an accident comes; in full as much as one process can. */
const LOAD = { workers: rounds(5, 16), pauseMs: rounds(40, 4) };
let cluster: ClusterTopology;

beforeAll(async () => {
  cluster = await startClusterTopology();
});

afterAll(async () => {
  await cluster.stop();
});

// CI plays the contract on one Redis, and below what a Cluster alone can do; here it takes two cores for a minute.
const wholeContract = process.env['SCANGATE_TEST_LONG'] === undefined ? () => {} : eventStoreContract;
wholeContract('The Redis store on a Cluster', async (settings) => {
  for (const master of await cluster.masters()) await master.ask('FLUSHALL');
  const opened: EventStore[] = [];
  async function open(): Promise<EventStore> {
    // What a replica that is slow to answer does to an append is another test's matter.
    const { store } = await openStoresOnceUp(cluster.url, { ...settings, replicationTimeoutMs: 20_000 });
    opened.push(store);
    return store;
  }
  return {
    store: await open(),
    openAgain: open,
    deleteHeads: async (subjects) => {
      for (const subject of subjects) {
        const key = headKey(partitionOf(subject, PARTITIONS), subject);
        await (await cluster.masterOf(key)).ask('DEL', key);
      }
    },
    rawHead: async (subject) => {
      const key = headKey(partitionOf(subject, PARTITIONS), subject);
      return (await (await cluster.masterOf(key)).ask('GET', key)) as string | null;
    },
    close: async () => {
      for (const store of opened) await store.close();
    },
  };
});

/** What may become of a call whose keys are on two servers until its deadline. */
function unavailable(error: unknown): string {
  if (error instanceof StoreUnavailable) return 'unavailable';
  throw error;
}

/** What the ids of a partition's subjects may begin with. */
function prefixOf(partition: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (const one of letters)
    for (const other of letters)
      if (partitionOf(`ticket:${one}${other}${'A'.repeat(20)}`, PARTITIONS) === partition)
        return `${one}${other}`;
  throw new Error('no subject is of that partition');
}

describe('a Cluster that changes under load', () => {
  let stores: EventStore[] = [];
  let incidents: Incident[] = [];
  let runs = 0;
  let loads: Load[] = [];

  afterEach(async () => {
    for (const one of loads) await one.stop();
    loads = [];
    for (const store of stores) await store.close();
    stores = [];
  });

  async function load(): Promise<Load> {
    incidents = [];
    for (let i = 0; i < 2; i++) {
      const { store } = await openStoresOnceUp(
        cluster.url,
        {},
        { onIncident: (incident) => incidents.push(incident) },
      );
      stores.push(store);
    }
    const running = startLoad(stores, { seed: SEED + ++runs, ...LOAD });
    loads.push(running);
    return running;
  }

  function count(kind: Incident['kind']): number {
    return incidents.filter((incident) => incident.kind === kind).length;
  }

  function healedByAll(): boolean {
    return count('healed') >= count('timeline');
  }

  /** Sign-ins go on: not only those that were under way have ended. */
  async function moreSignIns(running: Load): Promise<void> {
    const before = running.acknowledged.size;
    await until(() => running.acknowledged.size >= before + MORE, { withinMs: 90_000, what: 'sign-ins' });
  }

  async function verdictOf(running: Load): Promise<Verdict> {
    await moreSignIns(running);
    await running.stop();
    await until(healedByAll, { withinMs: 35_000, everyMs: 50, what: 'healing' });
    const ports = (await cluster.masters()).map(({ port }) => port);
    const verdict = judge(running, await wholeLog(ports, PARTITIONS));
    console.log(
      JSON.stringify({
        test: expect.getState().currentTestName,
        ...verdict,
        restored: incidents.filter(({ kind }) => kind === 'restored').length,
        givenUp: incidents.filter(({ kind }) => kind === 'given_up').length,
        longestGapMs: Math.round(running.longestGapMs),
        outcomes: Object.fromEntries(running.outcomes),
      }),
    );
    return verdict;
  }

  const KEPT = { lost: 0, doubled: 0, reordered: 0 };

  test('a planned move loses and doubles nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    await cluster.failover((await cluster.masters())[0]!);
    await until(() => count('timeline') >= 2, { withinMs: 30_000, everyMs: 50, what: 'another master' });
    expect(await verdictOf(running)).toMatchObject(KEPT);
    await cluster.settled();
  });

  test('slots that move lose and double nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { log } = partitionKeys(5);
    const from = await cluster.masterOf(log);
    const to = (await cluster.masters()).find((master) => master !== from)!;
    await cluster.moveSlot(await cluster.slotOf(log), to);
    expect(await verdictOf(running)).toMatchObject(KEPT);
    await cluster.settled();
  });

  /** The master of a partition that is not the one with the meta key, and another one. */
  async function twoMasters(): Promise<{ partition: number; from: Redis; to: Redis }> {
    const home = await cluster.masterOf(META_KEY);
    for (let partition = 0; ; partition++) {
      const from = await cluster.masterOf(partitionKeys(partition).log);
      const to = (await cluster.masters()).find((master) => master !== from && master !== home);
      if (from !== home && to !== undefined) return { partition, from, to };
    }
  }

  test('a master without the meta key that is wiped loses and doubles nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { from } = await twoMasters();
    await from.ask('FLUSHALL');
    await until(() => count('timeline') >= 2, { withinMs: 30_000, everyMs: 50, what: 'other fences' });
    expect(await verdictOf(running)).toMatchObject(KEPT);
    expect(count('restored')).toBeGreaterThan(0);
    await cluster.settled();
  });

  test('a partition that another master takes over without its data loses and doubles nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { partition, from, to } = await twoMasters();
    const { log } = partitionKeys(partition);
    const isInIt = (subject: Subject): boolean => partitionOf(subject, PARTITIONS) === partition;
    await until(() => [...running.acknowledged.keys()].some(isInIt), {
      withinMs: 30_000,
      what: 'a ticket in that partition',
    });
    await cluster.seizeSlot(await cluster.slotOf(log), to);
    await until(() => count('restored') > 0, { withinMs: 30_000, everyMs: 50, what: 'another fence' });
    expect(await verdictOf(running)).toMatchObject(KEPT);
    expect(await cluster.masterOf(log)).toBe(to);
    expect(from).not.toBe(to);
    await cluster.settled();
  });

  test('a partition of many keys that moves one key at a time waits or is unavailable, and loses nothing', async () => {
    const { store } = await openStoresOnceUp(cluster.url);
    stores.push(store);
    const { partition, from, to } = await twoMasters();
    const random = seeded(SEED);
    const { first, next } = appendMaker(random);
    const prefix = prefixOf(partition);
    const mint = async (): Promise<Subject> => {
      const subject: Subject = `ticket:${freshId(random, prefix)}`;
      await store.append([first(subject, { type: 'minted', data: MINTED }, { ms: 180_000 })]);
      return subject;
    };
    const tickets = await Promise.all(Array.from({ length: rounds(1_000, 3_000) }, mint));
    const slot = await cluster.slotOf(partitionKeys(partition).log);
    const moving = { isOver: false };
    const moved = cluster.moveSlot(slot, to).finally(() => (moving.isOver = true));
    moved.catch(() => undefined);
    const scan = async (subject: Subject): Promise<string> => {
      const { heads } = await store.read([subject]);
      return (await store.append([next(heads[0]!, SCANNED, { life: { ms: 180_000 } })])).outcome;
    };
    const outcomes = new Set<string>();
    for (let i = 0; !moving.isOver; i++) {
      const ticket = i % 10 === 0 ? mint() : Promise.resolve(tickets[i % tickets.length] as Subject);
      outcomes.add(await ticket.then(scan).catch(unavailable));
    }
    await moved;
    expect(['appended', 'unavailable']).toEqual(expect.arrayContaining([...outcomes]));
    const rest = await Promise.all([mint(), ...tickets.slice(-50)].map(async (ticket) => scan(await ticket)));
    expect(new Set(rest)).toEqual(new Set(['appended']));
    expect((await store.read(tickets)).heads).not.toContain(null);
    expect(await cluster.masterOf(partitionKeys(partition).log)).toBe(to);
    expect(from).not.toBe(to);
    await cluster.settled();
  });

  test('a master that is killed loses and doubles nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { log } = partitionKeys(0);
    const old = await cluster.masterOf(log);
    await old.kill();
    await until(() => count('timeline') >= 2, { withinMs: 30_000, everyMs: 50, what: 'another master' });
    expect(await verdictOf(running)).toMatchObject(KEPT);
  });
});
