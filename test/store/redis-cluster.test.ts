import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { headKey, partitionKeys } from '../../src/store/keys.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import { partitionOf } from '../../src/store/subject.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import { SEED } from '../contract/appends.ts';
import { startClusterTopology } from '../support/cluster.ts';
import type { ClusterTopology } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { judge, startLoad } from './redis-load.ts';
import type { Load, Verdict } from './redis-load.ts';
import { openStores, wholeLog } from './redis-support.ts';

const PARTITIONS = 64;

/** Tickets that are minted after an accident before the log is looked at. */
const MORE = 500;
let cluster: ClusterTopology;

beforeAll(async () => {
  cluster = await startClusterTopology();
}, 60_000);

afterAll(async () => {
  await cluster.stop();
});

eventStoreContract('The Redis store on a Cluster', async (settings) => {
  for (const master of await cluster.masters()) await master.ask('FLUSHALL');
  const opened: EventStore[] = [];
  async function open(): Promise<EventStore> {
    const { store } = await openStores(cluster.url, settings);
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

describe('a Cluster that changes under load', () => {
  let stores: EventStore[] = [];
  let incidents: Incident[] = [];
  let runs = 0;

  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
  });

  async function load(): Promise<Load> {
    incidents = [];
    for (let i = 0; i < 2; i++) {
      const { store } = await openStores(
        cluster.url,
        {},
        { onIncident: (incident) => incidents.push(incident) },
      );
      stores.push(store);
    }
    return startLoad(stores, { seed: SEED + ++runs });
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
    await until(() => running.acknowledged.size >= before + MORE, { withinMs: 30_000, what: 'sign-ins' });
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
  }, 60_000);

  test('slots that move lose and double nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { log } = partitionKeys(5);
    const from = await cluster.masterOf(log);
    const to = (await cluster.masters()).find((master) => master !== from)!;
    await cluster.moveSlot(await cluster.slotOf(log), to);
    expect(await verdictOf(running)).toMatchObject(KEPT);
    await cluster.settled();
  }, 60_000);

  test('a master that is killed loses and doubles nothing', async () => {
    const running = await load();
    await moreSignIns(running);
    const { log } = partitionKeys(0);
    const old = await cluster.masterOf(log);
    await old.kill();
    await until(() => count('timeline') >= 2, { withinMs: 30_000, everyMs: 50, what: 'another master' });
    expect(await verdictOf(running)).toMatchObject(KEPT);
  }, 120_000);
});
