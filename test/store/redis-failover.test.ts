import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import { SEED, sleep } from '../contract/appends.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { rounds } from '../support/random.ts';
import { until } from '../support/until.ts';
import { judge, startLoad } from './redis-load.ts';
import type { Load, Verdict } from './redis-load.ts';
import { openStoresOnceUp, wholeLog } from './redis-support.ts';

let topology: SentinelTopology;
let stores: EventStore[] = [];
let incidents: Incident[] = [];
let ring = true;
let loads: Load[] = [];

beforeEach(async () => {
  topology = await startSentinelTopology();
  incidents = [];
});

afterEach(async () => {
  for (const load of loads) await load.stop();
  loads = [];
  for (const store of stores) await store.close();
  stores = [];
  await topology.stop();
});

async function open(settings: Partial<RedisSettings> = {}): Promise<EventStore> {
  ring = settings.ringSizeMax !== 0;
  const { store } = await openStoresOnceUp(topology.url, settings, {
    onIncident: (incident) => incidents.push(incident),
  });
  stores.push(store);
  return store;
}

function sumOf(key: 'restored' | 'givenUp'): number {
  return incidents.reduce((sum, incident) => sum + (incident.kind === 'healed' ? incident[key] : 0), 0);
}

/** Every timeline that a node found, it has healed as far as its ring can. */
function healedByAll(): boolean {
  const count = (kind: Incident['kind']): number =>
    incidents.filter((incident) => incident.kind === kind).length;
  return !ring || (count('timeline') > 0 && count('healed') >= count('timeline'));
}

/** Runs sign-ins over an accident and some seconds more; says what the log has of what was acknowledged. */
async function over(accident: () => Promise<void>, load: Load, afterMs = 2_000): Promise<Verdict> {
  loads.push(load);
  await sleep(1_000);
  await accident();
  await sleep(afterMs);
  await load.stop();
  await until(healedByAll, { withinMs: 35_000, everyMs: 50, what: 'healing' });
  const master = await topology.master();
  const verdict = judge(load, await wholeLog([master.port], 16));
  console.log(
    JSON.stringify({
      test: expect.getState().currentTestName,
      ...verdict,
      restored: sumOf('restored'),
      givenUp: sumOf('givenUp'),
      longestGapMs: Math.round(load.longestGapMs),
      notes: incidents.filter(({ kind }) => kind === 'given_up' || kind === 'not_waited'),
      outcomes: Object.fromEntries(load.outcomes),
    }),
  );
  return verdict;
}

/** Enough where a master dies with all that it was told. */
const LOAD = { seed: SEED, workers: rounds(5, 16), pauseMs: rounds(40, 4) };
/** As fast as one process can: some of it must fall into the moment in which two are masters. */
const FULL_LOAD = { seed: SEED };
const KEPT = { lost: 0, doubled: 0, reordered: 0 };

describe('Sentinel: nothing that was acknowledged is lost, and nothing doubled', () => {
  test('the master is killed', async () => {
    const load = startLoad([await open(), await open()], LOAD);
    const old = await topology.master();
    const verdict = await over(async () => {
      await old.kill();
      await topology.switched(old);
      const before = load.acknowledged.size;
      await until(() => load.acknowledged.size > before + 20, { what: 'sign-ins that go on' });
    }, load);
    expect(verdict).toMatchObject(KEPT);
  });

  test('a planned move without a pause', async () => {
    const load = startLoad([await open(), await open()], FULL_LOAD);
    const verdict = await over(async () => {
      await topology.failover();
    }, load);
    expect(verdict).toMatchObject(KEPT);
  });

  test('the master is frozen, and wakes up in the middle of the failover', async () => {
    const load = startLoad([await open(), await open()], FULL_LOAD);
    const old = await topology.master();
    const verdict = await over(async () => {
      old.freeze();
      await sleep(2_200);
      old.thaw();
      await topology.switched(old);
    }, load);
    expect(verdict).toMatchObject(KEPT);
  });

  test('the master is frozen for 5 s', async () => {
    const load = startLoad([await open(), await open()], LOAD);
    const old = await topology.master();
    const verdict = await over(
      async () => {
        old.freeze();
        await sleep(5_000);
        old.thaw();
      },
      load,
      4_000,
    );
    expect(verdict).toMatchObject(KEPT);
  });

  test('without replicas, asking, ring and rewind the same planned move loses: the test can see it', async () => {
    const bare = {
      durability: 'acknowledged',
      ringSizeMax: 0,
      detectsTimelines: false,
      rewindMs: 0,
    } as const;
    const load = startLoad([await open(bare), await open(bare)], LOAD);
    const old = await topology.master();
    const verdict = await over(async () => {
      await topology.failover();
      const isReplica = async (): Promise<boolean> => (await old.info('replication'))['role'] === 'slave';
      await until(isReplica, { everyMs: 100, what: 'the old master to follow the new one' });
    }, load);
    expect(verdict.lost).toBeGreaterThan(0);
  });
});

describe('Sentinel: durability and majority', () => {
  test('a decision is told once every replica has it, by whatever call, and never before', async () => {
    const store = await open({ durability: 'replicated', replicationTimeoutMs: 2_000 });
    const { MINTED, SCANNED, appendMaker, freshTicket, headOf, seeded } =
      await import('../contract/appends.ts');
    const random = seeded(SEED);
    const { first, next } = appendMaker(random);
    const mint = async (): Promise<Subject> => {
      const subject = freshTicket(random);
      await store.append([first(subject, { type: 'minted', data: MINTED }, { ms: 60_000 })]);
      return subject;
    };
    const scan = async (): Promise<unknown> =>
      store.append([next(await headOf(store, await mint()), SCANNED)]);
    await Promise.all(Array.from({ length: 50 }, scan));

    const subject = await mint();
    const scanned = next(await headOf(store, subject), SCANNED);
    const other = next(await headOf(store, subject), SCANNED);
    // The Sentinels go on reaching the replicas, so any of them may be promoted.
    const master = await topology.master();
    await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
    await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
    const refused = { name: 'NotReplicated' };
    await expect(store.append([scanned])).rejects.toMatchObject(refused);
    await Promise.all([
      expect(store.append([scanned])).rejects.toMatchObject(refused),
      expect(store.append([other])).rejects.toMatchObject(refused),
      expect(store.read([subject])).rejects.toMatchObject(refused),
      expect(store.rebuild(subject)).rejects.toMatchObject(refused),
    ]);
    expect((await store.read([await mint()])).heads).toHaveLength(1);
    // A replica that is refused PSYNC and then let SYNC would never say how far it is.
    await master.ask('ACL', 'SETUSER', 'default', '+psync');
    await until(() => store.append([scanned]).then(({ outcome }) => outcome === 'already'), { everyMs: 100 });
    expect(await store.append([other])).toMatchObject({ outcome: 'conflict' });
    expect((await headOf(store, subject)).version).toBe(2);
  });

  test('a replica that the Sentinels cannot reach is not waited for', async () => {
    const store = await open({ replicationTimeoutMs: 200 });
    const { MINTED, SCANNED, appendMaker, freshTicket, headOf, seeded } =
      await import('../contract/appends.ts');
    const random = seeded(SEED);
    const { first, next } = appendMaker(random);
    const subject = freshTicket(random);
    await store.append([first(subject, { type: 'minted', data: MINTED }, { ms: 60_000 })]);
    const scanned = next(await headOf(store, subject), SCANNED);
    for (const replica of await topology.replicas()) await replica.kill();
    await until(() => store.append([scanned]), { withinMs: 30_000, everyMs: 50 });
    const demanding = await open({ durability: 'replicated', replicationTimeoutMs: 200 });
    await expect(demanding.read([subject])).rejects.toMatchObject({ name: 'NotReplicated' });
  });

  test('nothing is told when no majority of the Sentinels can be asked, and all goes on when it can', async () => {
    const store = await open({ sentinelSilenceMaxMs: 2_000, callTimeoutMs: 1_000 });
    const { MINTED, appendMaker, freshTicket, seeded } = await import('../contract/appends.ts');
    const random = seeded(SEED);
    const { first } = appendMaker(random);
    const mint = (): Promise<unknown> =>
      store.append([first(freshTicket(random), { type: 'minted', data: MINTED }, { ms: 60_000 })]);
    await mint();
    for (const sentinel of topology.sentinels.slice(0, 2)) sentinel.freeze();
    const refused = { name: 'StoreUnavailable' };
    await expect(mint()).rejects.toMatchObject(refused);
    await expect(store.read([])).rejects.toMatchObject(refused);
    await until(() => !store.health().up, { withinMs: 30_000 });
    await expect(mint()).rejects.toMatchObject(refused);
    for (const sentinel of topology.sentinels.slice(0, 2)) sentinel.thaw();
    await until(mint, { withinMs: 30_000, everyMs: 100 });
  });
});
