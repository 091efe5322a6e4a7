import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore, Head } from '../../src/store/event-store.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import {
  MINTED,
  SCANNED,
  SEED,
  appendMaker,
  freshTicket,
  headOf,
  opened,
  seeded,
  sessionBeside,
  sleep,
} from '../contract/appends.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { judge, startLoad } from './redis-load.ts';
import { openStores, wholeLog } from './redis-support.ts';

let redis: Redis;
let running: EventStore[] = [];
let incidents: Incident[] = [];
const random = seeded(SEED);
const { first, next } = appendMaker(random);
const LIFE = { ms: 60_000 };

beforeEach(async () => {
  redis = await startRedis();
  incidents = [];
});

afterEach(async () => {
  for (const store of running) await store.close();
  running = [];
  await redis.stop();
});

async function open(settings: Partial<RedisSettings> = {}, url = redis.url): Promise<EventStore> {
  // How long a call may wait is another test's matter: here whoever asks waits until all is whole again.
  const patient = { callTimeoutMs: 20_000, ...settings };
  const { store } = await openStores(url, patient, { onIncident: (incident) => incidents.push(incident) });
  running.push(store);
  return store;
}

function healed(): Extract<Incident, { kind: 'healed' }>[] {
  return incidents.filter((incident) => incident.kind === 'healed');
}

async function mint(store: EventStore, life = LIFE, subject = freshTicket(random)): Promise<Subject> {
  await store.append([first(subject, { type: 'minted', data: MINTED }, life)]);
  return subject;
}

/** A ticket of always the same partition. */
function besideEachOther(): Subject {
  return `ticket:AA${freshTicket(random).slice('ticket:AA'.length)}`;
}

describe(`one Redis, and what can happen to it (seed ${SEED})`, () => {
  test('connections that are killed under load lose, double and hide nothing', async () => {
    const stores = [await open(), await open()];
    const told = new Set<Subject>();
    const abort = new AbortController();
    let all = 0;
    let ready = false;
    const listening = (async (): Promise<void> => {
      const feed = (stores[1] as EventStore).feed({ signal: abort.signal, ready: () => (ready = true) });
      for await (const batch of feed) {
        if (batch.kind === 'all') all++;
        else for (const subject of batch.subjects) told.add(subject);
      }
    })();
    await until(() => ready);
    const load = startLoad(stores, { seed: SEED });
    for (let i = 0; i < 8; i++) {
      await sleep(150);
      await redis.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await until(() => load.acknowledged.size > 60, { what: 'sign-ins' });
    await load.stop();
    const verdict = judge(load, await wholeLog([redis.port], 16));
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
    expect(load.outcomes.get('vanished')).toBeUndefined();
    await until(() => all > 0 || [...load.acknowledged.keys()].every((subject) => told.has(subject)));
    abort.abort();
    await listening;
  });

  test('an answer that is cut after the function ran is asked for again and answers the same event', async () => {
    const proxy = await startFaultProxy({ port: redis.port });
    try {
      const store = await open({}, `redis://127.0.0.1:${proxy.port}`);
      for (let i = 0; i < 5; i++) {
        const subject = freshTicket(random);
        const append = first(subject, { type: 'minted', data: MINTED }, LIFE);
        proxy.cutNextAnswer();
        const result = await store.append([append]);
        expect(['appended', 'already']).toContain(result.outcome);
        expect(await store.history(subject)).toHaveLength(1);
      }
    } finally {
      await proxy.stop();
    }
  });

  test('a frozen server settles every call in time, and all recovers by itself', async () => {
    const store = await open({ callTimeoutMs: 700 });
    const before = await mint(store);
    redis.freeze();
    // It is thawed behind them: a call that had no time of its own would wait for ever.
    const calls = await Promise.allSettled([
      mint(store),
      store.read([before]),
      store.history(before),
      store.due(10),
      store.rebuild(before),
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
    }
    await until(() => !store.health().up, { withinMs: 30_000 });
    redis.thaw();
    await until(() => mint(store), { withinMs: 30_000, everyMs: 50 });
    expect(await headOf(store, before)).toMatchObject({ version: 1 });
    expect(store.health().up).toBe(true);
  });

  test.each(['FLUSHALL', 'a restart without persistence'])(
    '%s: what the ring has comes back, once, with its first stamps',
    async (accident) => {
      const stores = [await open(), await open()];
      const load = startLoad(stores, { seed: SEED, workers: 8 });
      await sleep(600);
      await load.stop();
      await sleep(50);
      const before = await wholeLog([redis.port], 16);
      const timeline = (stores[0] as EventStore).health().timeline;
      if (accident === 'FLUSHALL') await redis.ask('FLUSHALL');
      else {
        await redis.kill();
        await redis.restart();
      }
      await until(() => healed().length >= 2, { withinMs: 30_000, what: 'healing by both nodes' });
      const log = await wholeLog([redis.port], 16);
      expect(judge(load, log)).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
      for (const [subject, events] of before) expect(log.get(subject)).toEqual(events);
      expect((stores[0] as EventStore).health().timeline).not.toBe(timeline);
      const timelines = (): readonly string[] => stores.map((store) => store.health().timeline);
      await until(() => new Set(timelines()).size === 1, {
        withinMs: 30_000,
        what: 'one name for the history at both nodes',
      });
      const after = await mint(stores[0] as EventStore);
      expect(await headOf(stores[1] as EventStore, after)).toMatchObject({ version: 1 });
    },
    30_000,
  );

  test.each(['FLUSHALL', 'a restart without persistence'])(
    '%s: tickets come back whole whose people took longer than the ring reaches',
    async (accident) => {
      const store = await open({ ringMs: 1_000 });
      const [waiting, decided] = [await mint(store), await mint(store)];
      const scanned = next(await headOf(store, decided), SCANNED, { life: LIFE });
      await store.append([scanned]);
      await sleep(2_500);
      const seen = await headOf(store, decided);
      await store.append([next(seen, { type: 'confirmed', data: {} }, { life: LIFE })]);
      const before = (await store.read([waiting, decided])).heads;
      if (accident === 'FLUSHALL') await redis.ask('FLUSHALL');
      else {
        await redis.kill();
        await redis.restart();
      }
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect((await store.read([waiting, decided])).heads).toEqual(before);
      expect(before.map((head) => head?.status)).toEqual(['pending', 'confirmed']);
      expect(await store.history(decided)).toHaveLength(3);
    },
  );

  test('right after FLUSHALL nobody is told of nothing, or of less than before', async () => {
    const [one, other] = [await open(), await open()];
    const subjects = await Promise.all(Array.from({ length: 100 }, () => mint(one)));
    const minted = (await one.read(subjects)).heads as Head[];
    await Promise.all(minted.map((head) => one.append([next(head, SCANNED, { life: LIFE })])));
    const scanned = (await one.read(subjects)).heads as Head[];
    await sleep(100);
    await redis.ask('FLUSHALL');
    const confirmed = one.append([next(scanned[0] as Head, { type: 'confirmed', data: {} }, { life: LIFE })]);
    const end = performance.now() + 2_000;
    while (performance.now() < end) {
      for (const store of [one, other]) {
        const versions = (await store.read(subjects)).heads.map((head) => head?.version ?? 0);
        expect(Math.min(...versions)).toBe(2);
      }
      await sleep(5);
    }
    expect((await confirmed).outcome).toBe('appended');
  });

  test('what each of two nodes knows a part of is whole again before anyone is told of it', async () => {
    const deaf = { tailPauseMs: 8_000, tailReads: 0 };
    const nodes = [await open(deaf), await open(deaf)] as const;
    const knows = (): number => incidents.filter((one) => one.kind === 'nodes' && one.came.length > 0).length;
    await until(() => knows() >= 2, { withinMs: 30_000, what: 'each node knows of the other' });
    const subjects = await Promise.all(Array.from({ length: 50 }, () => mint(nodes[0])));
    const steps: TicketEvent[] = [SCANNED, { type: 'confirmed', data: {} }, { type: 'redeemed', data: {} }];
    for (const [i, step] of steps.entries()) {
      const node = nodes[(i + 1) % 2] as EventStore;
      const heads = (await node.read(subjects)).heads as Head[];
      await Promise.all(heads.map((head) => node.append([next(head, step, { life: LIFE })])));
    }
    await redis.ask('FLUSHALL');
    const told = await Promise.all(nodes.map((node) => node.read(subjects)));
    for (const { heads } of told)
      expect(heads.map((head) => head?.status)).toEqual(subjects.map(() => 'redeemed'));
    expect(incidents.filter(({ kind }) => kind === 'given_up')).toEqual([]);
  });

  test('with the ring switched off the same accident loses everything: the test can see it', async () => {
    const store = await open({ ringSizeMax: 0 });
    const load = startLoad([store], { seed: SEED, workers: 4 });
    await sleep(300);
    await load.stop();
    await redis.ask('FLUSHALL');
    await until(() => incidents.some(({ kind }) => kind === 'timeline'));
    await sleep(300);
    const verdict = judge(load, await wholeLog([redis.port], 16));
    expect(verdict.lost).toBe(verdict.events);
  });

  test('with the detector switched off nothing is done about the same accident', async () => {
    const store = await open({ detectsTimelines: false });
    const subject = await mint(store);
    incidents = [];
    await redis.ask('FLUSHALL');
    expect((await store.read([subject])).heads).toEqual([null]);
    await sleep(2_500);
    const looks = ['clocks', 'eviction', 'link', 'replicas'];
    expect(incidents.filter(({ kind }) => !looks.includes(kind))).toEqual([]);
    expect((await store.read([subject])).heads).toEqual([null]);
  });

  test('a deadline that passed while the store was away is held against nobody for a while', async () => {
    const store = await open({ graceMs: 5_000 });
    const subject = await mint(store, { ms: 900 });
    const seen = await headOf(store, subject);
    await redis.kill();
    await sleep(1_000);
    await redis.restart();
    const scan = next(seen, SCANNED, { life: LIFE });
    const expiry = next(seen, { type: 'expired', data: {} }, { when: 'after' });
    await until(() => healed().length > 0);
    expect(await headOf(store, subject)).toEqual(seen);
    expect(await store.due(200)).toEqual([]);
    expect((await store.append([expiry])).outcome).toBe('early');
    expect((await store.append([scan])).outcome).toBe('appended');
    const late = await mint(store, { ms: 1 });
    await until(async () => (await store.due(200)).length > 0);
    expect(await store.due(200)).toEqual([late]);
  });

  describe('a switch to a server with another history', () => {
    let elsewhere: Redis;
    let proxy: FaultProxy;
    let here: EventStore;
    let there: EventStore;

    beforeEach(async () => {
      elsewhere = await startRedis();
      proxy = await startFaultProxy({ port: redis.port });
      here = await open({}, `redis://127.0.0.1:${proxy.port}`);
      there = await open({}, elsewhere.url);
    });

    afterEach(async () => {
      await proxy.stop();
      await elsewhere.stop();
    });

    async function failOver(): Promise<void> {
      await sleep(50);
      proxy.redirect(elsewhere.port);
      proxy.cut();
      await until(() => incidents.some(({ kind }) => kind === 'timeline'), { withinMs: 30_000 });
    }

    /** The connection that reads the log's tail of whoever was opened last: whether it waits at the server now. */
    async function newestReader(): Promise<{ isBlocked: boolean }> {
      const clients = ((await redis.ask('CLIENT', 'LIST')) as string).split('\n');
      const readers = clients.filter((line) => line.includes('name=scangate-reader'));
      const newest = readers.toSorted((a, b) => idOf(a) - idOf(b)).at(-1) ?? '';
      if (!newest.includes('cmd=xread')) throw new Error('it has not read yet');
      return { isBlocked: /flags=\S*b/.test(newest) };
    }

    /** The next subjects that a node's feed names. */
    async function nextOf(store: EventStore): Promise<{ subjects: readonly Subject[] }> {
      const abort = new AbortController();
      for await (const batch of store.feed({ signal: abort.signal })) {
        if (batch.kind === 'moved') return batch;
      }
      throw new Error('the feed ended');
    }

    function idOf(client: string): number {
      return Number(/^id=(\d+)/.exec(client)?.[1]);
    }

    test.each([
      ['is told again', 30_000, true],
      ['stays untold with the rewind switched off', 0, false],
    ])('what the log there has had for a while %s', async (_, rewindMs, toldAgain) => {
      const node = await open({ rewindMs }, `redis://127.0.0.1:${proxy.port}`);
      const told = new Set<Subject>();
      const abort = new AbortController();
      const listening = (async (): Promise<void> => {
        for await (const batch of node.feed({ signal: abort.signal })) {
          if (batch.kind === 'moved') for (const subject of batch.subjects) told.add(subject);
        }
      })();
      const earlier = besideEachOther();
      const known = besideEachOther();
      const latest = besideEachOther();
      await mint(there, LIFE, earlier);
      await sleep(20);
      await mint(here, LIFE, known);
      await until(() => told.has(known));
      await failOver();
      await until(() => healed().length >= 2, { withinMs: 30_000 });
      await mint(there, LIFE, latest);
      await until(() => told.has(latest));
      expect(told.has(earlier)).toBe(toldAgain);
      abort.abort();
      await listening;
    });

    const later = [
      ['another scan', SCANNED],
      ['a cancellation', { type: 'cancelled', data: {} }],
    ] as const;

    test.each(later)('%s there stays, and what was built on the other is given up', async (_, event) => {
      const append = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await here.append([append]);
      await there.append([append]);
      const minted = await headOf(here, append.subject);
      await here.append([next(minted, SCANNED, { life: LIFE })]);
      const scanned = await headOf(here, append.subject);
      await here.append([next(scanned, { type: 'confirmed', data: {} }, { life: LIFE })]);
      const other = next(await headOf(there, append.subject), event, { life: LIFE });
      await there.append([other]);

      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect((await here.history(append.subject)).map(({ id }) => id)).toEqual([
        append.event.id,
        other.event.id,
      ]);
      const given = incidents.filter((incident) => incident.kind === 'given_up');
      expect(given.map(({ why }) => why)).toEqual(['another_history', 'another_history']);
      expect(healed()[0]).toMatchObject({ restored: 0, givenUp: 2, reset: 1 });
    });

    test('a confirmation is never put on a scan that it does not know', async () => {
      const append = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await here.append([append]);
      await there.append([append]);
      await here.append([next(await headOf(here, append.subject), SCANNED, { life: LIFE })]);
      const forgetful = await open({}, `redis://127.0.0.1:${proxy.port}`);
      const scanned = await headOf(here, append.subject);
      await forgetful.append([next(scanned, { type: 'confirmed', data: {} }, { life: LIFE })]);
      await here.close();
      await there.append([next(await headOf(there, append.subject), SCANNED, { life: LIFE })]);
      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect(await headOf(there, append.subject)).toMatchObject({ version: 2, status: 'scanned' });
    });

    test('an event comes back though its node heard of the one before it only later', async () => {
      const deaf = await open({ tailPauseMs: 3_000, tailReads: 0 }, `redis://127.0.0.1:${proxy.port}`);
      await until(async () => !(await newestReader()).isBlocked, { what: 'a pause between two reads' });
      const append = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await here.append([append]);
      await here.close();
      await deaf.append([next(await headOf(deaf, append.subject), SCANNED, { life: LIFE })]);
      expect((await newestReader()).isBlocked).toBe(false);
      const { subjects } = await nextOf(deaf);
      expect(subjects).toContain(append.subject);
      await there.append([append]);
      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect(await headOf(there, append.subject)).toMatchObject({ version: 2, status: 'scanned' });
    });

    test('whoever asks for what is being put back waits, and then sees it', async () => {
      const subjects = await Promise.all(Array.from({ length: 300 }, () => mint(here)));
      const known = (await here.read(subjects)).heads as Head[];
      await failOver();
      const scans = known.map((head) => here.append([next(head, SCANNED, { life: LIFE })]));
      const read = await here.read(subjects);
      expect(read.heads.every((head) => head !== null)).toBe(true);
      expect((await Promise.all(scans)).every(({ outcome }) => outcome === 'appended')).toBe(true);
    });

    test('events wait for a predecessor that another node brings', async () => {
      const append = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await here.append([append]);
      const late = await open({}, `redis://127.0.0.1:${proxy.port}`);
      const scan = next(await headOf(late, append.subject), SCANNED, { life: LIFE });
      await late.append([scan]);
      await here.close();
      await failOver();
      await until(() => incidents.some(({ kind }) => kind === 'restoring'));
      expect((await late.read([append.subject])).heads).toEqual([null]);
      await there.append([append]);
      await until(async () => (await there.history(append.subject)).length === 2, { withinMs: 30_000 });
      expect((await there.history(append.subject))[1]?.id).toBe(scan.event.id);
    });

    test('a revocation holds at any version', async () => {
      const ticket = freshTicket(random);
      const session = sessionBeside(ticket, random);
      const append = first(session, opened(ticket, '3-7'), LIFE);
      await here.append([append]);
      await there.append([append]);
      const revocation = next(
        await headOf(here, session),
        { type: 'revoked', data: { reason: 'user' } },
        { when: 'any' },
      );
      await here.append([revocation]);
      for (let i = 0; i < 3; i++) {
        const refresh = next(
          await headOf(there, session),
          { type: 'refreshed', data: { key_id: 'k' } },
          { life: LIFE },
        );
        await there.append([refresh]);
      }
      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect(await headOf(there, session)).toMatchObject({ version: 5, status: 'revoked', final: true });
    });

    test('the newest of more events than a head names comes back', async () => {
      const ticket = freshTicket(random);
      const session = sessionBeside(ticket, random);
      const appends = [first(session, opened(ticket, '3-7'), LIFE)];
      await here.append(appends);
      for (let i = 0; i < 11; i++) {
        const event = { type: 'refreshed', data: { key_id: 'k' } } as const;
        appends.push(next(await headOf(here, session), event, { life: LIFE }));
        await here.append(appends.slice(-1));
      }
      for (const append of appends.slice(0, -1)) await there.append([append]);
      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect(await headOf(there, session)).toMatchObject({ version: 12 });
      expect(incidents.filter(({ kind }) => kind === 'given_up')).toEqual([]);
    });

    test('what ended longer ago than half of the history is not brought back', async () => {
      await here.close();
      const old = await open({ historyMs: 1_000 }, `redis://127.0.0.1:${proxy.port}`);
      const subject = await mint(old, { ms: 100 });
      await sleep(700);
      await failOver();
      await until(() => healed().length > 0, { withinMs: 30_000 });
      expect(incidents).toContainEqual({ kind: 'given_up', subject, type: 'minted', why: 'too_old' });
      expect((await old.read([subject])).heads).toEqual([null]);
    });
  });
});
