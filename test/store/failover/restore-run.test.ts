import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Append, Head } from '../../../src/store/event-store.ts';
import { foldOnto } from '../../../src/store/fold.ts';
import { makePartitionCalls } from '../../../src/store/redis/connection/partition-calls.ts';
import type { PartitionCalls } from '../../../src/store/redis/connection/partition-calls.ts';
import { ReadBatch } from '../../../src/store/redis/events/read-batch.ts';
import { readHeads } from '../../../src/store/redis/events/read-heads.ts';
import { SubjectLog } from '../../../src/store/redis/events/subject-log.ts';
import { Barrier } from '../../../src/store/redis/failover/barrier.ts';
import { FailoverState } from '../../../src/store/redis/failover/failover-state.ts';
import type { Incident } from '../../../src/store/redis/failover/incident.ts';
import type { RestoreAccess } from '../../../src/store/redis/failover/lost-events.ts';
import { RestoreRun } from '../../../src/store/redis/failover/restore-run.ts';
import { parseFence } from '../../../src/store/redis/format/fence.ts';
import type { Fence, Stage } from '../../../src/store/redis/format/fence.ts';
import { entryOf, parseEntry } from '../../../src/store/redis/format/log-entry.ts';
import { partitionKeys } from '../../../src/store/keys.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { MINTED, SCANNED, SEED, appendMaker, freshId, seeded } from '../../contract/appends.ts';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { PARTITIONS, openStand } from './stand.ts';
import type { Stand } from './stand.ts';

const SETTLE_MS = 2_000;
const RING_MS = 30_000;
const HISTORY_MS = 60_000;
const LIFE_MS = 60_000;

const random = seeded(SEED);
const { first, next } = appendMaker(random);

let redis: Redis;
let stand: Stand;
let calls: PartitionCalls;
let access: RestoreAccess;
let incidents: Incident[];
let released: Subject[];
let woken: Subject[];
/** How far this node said that it was, and how much it had put back and let go of by then. */
let announced: { stage: Stage; restored: number; released: number }[];
/** The token of partition 0's fence. */
let token: string;
/** The store's time when the test began. */
let storeTime: number;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  await redis.ask('FLUSHALL');
  [incidents, released, woken, announced] = [[], [], [], []];
  stand = await openStand(redis);
  const { shards, time } = stand;
  const pass = async (): Promise<void> => {};
  await shards.start({ writer: pass, reader: pass }, () => {});
  await Promise.all(shards.all.map(({ writer }) => writer.whenUp(5_000)));
  await Promise.all(shards.all.map(({ control }) => control.whenUp(5_000)));
  calls = makePartitionCalls({
    shards,
    partitions: PARTITIONS,
    time,
    timeoutMs: 5_000,
    onLibraryGone: async () => {},
  });
  const recovery = new FailoverState({
    settings: { ringMs: RING_MS, ringSizeMax: 0, graceMs: 0 },
    partitions: PARTITIONS,
    time,
    trustsAtOnce: true,
    onIncident: () => {},
  });
  const reads = new ReadBatch(PARTITIONS, time, (groups) => readHeads({ calls, shards, recovery }, groups));
  const log = new SubjectLog(calls, reads, HISTORY_MS, () => token);
  access = {
    calls,
    historyMs: HISTORY_MS,
    read: (subject) => reads.read(subject),
    rebuild: (subject) => log.rebuild(subject),
    tokenOf: () => token,
  };
  storeTime = await reads.now();
  token = (await enter('here', 'found')).token;
  recovery.met(0, token);
});

afterEach(() => {
  stand.close();
});

/** A ticket of partition 0, and the log entries of its first two events: minted, and scanned a while later. */
function ticket(ageMs: number, laterMs = 10): { subject: Subject; minted: string; scanned: string } {
  const subject: Subject = `ticket:${freshId(random, 'AA')}`;
  const at = storeTime - ageMs;
  const mint = first(subject, { type: 'minted', data: MINTED }, { ms: LIFE_MS });
  const head = headAfter(mint, at);
  const scan = next(head, SCANNED, { life: { ms: LIFE_MS } });
  return { subject, minted: entry(mint, at), scanned: entry(scan, at + laterMs) };
}

function entry(append: Append, at: number): string {
  return entryOf(append, { id: append.event.id, at, deadline: at + LIFE_MS });
}

function headAfter(append: Append, at: number): Head {
  const event = parseEntry(entry(append, at)).event;
  const folded = foldOnto(null, event);
  if (folded === undefined) throw new Error('folds to nothing');
  const { id, deadline } = event;
  return { subject: append.subject, version: 1, moments: [{ id, at, deadline }], first: at, ...folded };
}

async function makeBarrier(): Promise<Barrier> {
  const tokens = new Map([[0, token]]);
  const { time } = stand;
  const options = { calls, tokens, id: 'here', settleMaxMs: SETTLE_MS, time, stopped: () => false };
  const here = new Barrier(options, [await fenceNow()]);
  const announce = here.announce.bind(here);
  here.announce = (stage) => {
    announced.push({ stage, restored: restored().length, released: released.length });
    return announce(stage);
  };
  return here;
}

const fenceNow = async (): ReturnType<typeof enter> =>
  parseFence((await redis.ask('GET', partitionKeys(0).fence)) as string);

/** Partition 0 gets a fence of which these are members, or one more member. */
async function enter(id: string, stage: Stage, others: readonly string[] = []): Promise<Fence> {
  const { fence } = partitionKeys(0);
  return parseFence(
    (await redis.ask('FCALL', 'sg3_enter', 1, fence, id, 'x', stage, '', 0, 0, ...others)) as string,
  );
}

interface Running {
  done: boolean;
}

async function restore(
  lost: readonly (readonly [Subject, readonly string[]])[],
  moved = true,
): Promise<Running> {
  const running = { done: false };
  const run = new RestoreRun({
    settings: { ringMs: RING_MS, ringSizeMax: 1 },
    access,
    barrier: await makeBarrier(),
    time: stand.time,
    onIncident: (incident) => incidents.push(incident),
    wake: (subjects) => woken.push(...subjects),
    stopped: () => false,
    forget: () => {},
  });
  const all = lost.map(([subject, texts]) => ({
    subject,
    texts,
    moved,
    release: () => released.push(subject),
  }));
  void run.restore(all).then(() => (running.done = true));
  return running;
}

/** Another node says how far it is, and how much had come when it last began to try. */
async function say(id: string, stage: Stage, seen = 0): Promise<void> {
  await redis.ask('FCALL', 'sg3_say', 1, partitionKeys(0).fence, token, id, stage, seen);
}

/** How far this node says that it is; `open` once nobody waits any longer. */
async function saidHere(): Promise<string | undefined> {
  const { isOpen, members } = await fenceNow();
  return isOpen ? 'open' : members.find(({ id }) => id === 'here')?.stage;
}

const versionOf = async (subject: Subject): Promise<number> =>
  (await access.read(subject)).head?.version ?? 0;
const restored = (): readonly unknown[] =>
  incidents.flatMap((incident) => (incident.kind === 'restored' ? [incident.subject] : []));
const givenUp = (): readonly unknown[] =>
  incidents.flatMap((incident) => (incident.kind === 'given_up' ? [[incident.type, incident.why]] : []));

test('what is missing comes back with its first stamps, newest subject first, and each is let go of', async () => {
  const [old, middle, young] = [ticket(9_000), ticket(6_000), ticket(3_000)];
  const lost = [middle, young, old].map(
    ({ subject, minted, scanned }) => [subject, [scanned, minted]] as const,
  );
  const running = await restore(lost);
  await stand.pass(0);
  expect(running.done).toBe(true);
  const order = [young, middle, old].map(({ subject }) => subject);
  expect(released).toEqual(order);
  expect(restored()).toEqual([...order, ...order]);
  const { head } = await access.read(old.subject);
  expect(head).toMatchObject({ version: 2, status: 'scanned', first: storeTime - 9_000 });
  expect(incidents.at(-1)).toEqual({ kind: 'healed', seconds: 0, restored: 6, givenUp: 0, reset: 0 });
  expect(await saidHere()).toBe('open');
});

test('what is there already is let go of, and nothing is written', async () => {
  const { subject, minted, scanned } = ticket(3_000);
  await restore([[subject, [minted, scanned]]]);
  await stand.pass(0);
  const before = await redis.ask('XLEN', partitionKeys(0).log);
  [incidents, released] = [[], []];
  const running = await restore([[subject, [minted, scanned]]]);
  await stand.pass(0);
  expect([running.done, released]).toEqual([true, [subject]]);
  expect(await redis.ask('XLEN', partitionKeys(0).log)).toBe(before);
  expect(incidents).toEqual([{ kind: 'healed', seconds: 0, restored: 0, givenUp: 0, reset: 0 }]);
});

test('an event whose predecessor another node knows waits for it, and its subject stays held until then', async () => {
  const { subject, minted, scanned } = ticket(3_000);
  await say('other', 'found');
  const running = await restore([[subject, [scanned]]]);
  await stand.pass(3_000);
  expect([running.done, released, restored()]).toEqual([false, [], []]);
  expect(await saidHere()).toBe('tried');

  await restore([[subject, [minted]]]);
  await stand.pass(20);
  expect(await versionOf(subject)).toBe(2);
  expect(running.done).toBe(true);
  expect(released).toContain(subject);
  expect(givenUp()).toEqual([]);
});

test('once every node has tried since anything came, it is let go of, and tried again until the ring’s window ends', async () => {
  const [{ subject, scanned }, another] = [ticket(3_000), ticket(2_000)];
  await say('other', 'found');
  const running = await restore([[subject, [scanned]]]);
  await stand.pass(1_000);
  expect([released, await saidHere()]).toEqual([[], 'tried']);
  await restore([[another.subject, [another.minted]]]);
  await say('other', 'tried', 0);
  await stand.pass(60);
  expect([released, running.done]).toEqual([[another.subject], false]);
  await say('other', 'tried', 1);
  await stand.pass(60);
  expect(released).toEqual([another.subject, subject]);
  await stand.pass(RING_MS - 2_000);
  expect([running.done, givenUp()]).toEqual([false, []]);
  await stand.pass(1_000);
  expect([running.done, givenUp()]).toEqual([true, [['scanned', 'no_predecessor']]]);
  expect(woken).toEqual([subject]);
  expect(incidents.at(-1)).toMatchObject({ kind: 'healed', restored: 0, givenUp: 1, reset: 1 });
});

test('a predecessor that comes after all were let go of is still built upon', async () => {
  const { subject, minted, scanned } = ticket(3_000);
  await say('other', 'healed');
  const running = await restore([[subject, [scanned]]]);
  await stand.pass(10_000);
  expect([released, running.done]).toEqual([[subject], false]);
  await restore([[subject, [minted]]]);
  await stand.pass(250);
  expect([running.done, await versionOf(subject), givenUp()]).toEqual([true, 2, []]);
});

test('a node that is at work is waited for, however long it takes', async () => {
  const { subject, scanned } = ticket(3_000);
  await say('other', 'found');
  await restore([[subject, [scanned]]]);
  await stand.pass(6 * SETTLE_MS);
  expect(released).toEqual([]);
  await say('other', 'healed');
  await stand.pass(40);
  expect(released).toEqual([subject]);
});

test('another event at that version ends it, and what follows on it', async () => {
  const { subject, minted, scanned } = ticket(3_000);
  const elsewhere = ticket(3_000);
  const other = elsewhere.minted.replace(elsewhere.subject, subject);
  await restore([[subject, [other]]]);
  await stand.pass(0);
  const running = await restore([[subject, [minted, scanned]]]);
  await stand.pass(0);
  expect(running.done).toBe(true);
  expect(givenUp()).toEqual([
    ['minted', 'another_history'],
    ['scanned', 'another_history'],
  ]);
  expect(woken).toEqual([subject]);
});

/** One whose life was over before half of what history is kept. */
function oldTicket(laterMs?: number): ReturnType<typeof ticket> {
  return ticket(LIFE_MS + HISTORY_MS / 2 + 5_000, laterMs);
}

test('a ticket that lives comes back whole, however old its first event is', async () => {
  const { subject, minted, scanned } = ticket(LIFE_MS + HISTORY_MS / 2 + 5_000, LIFE_MS);
  const running = await restore([[subject, [minted, scanned]]]);
  await stand.pass(0);
  expect([running.done, await versionOf(subject), givenUp()]).toEqual([true, 2, []]);
});

test('what ended before half of what history is kept stays lost', async () => {
  const [old, young] = [oldTicket(), ticket(LIFE_MS + HISTORY_MS / 2 - 5_000)];
  await restore([
    [old.subject, [old.minted, old.scanned]],
    [young.subject, [young.minted, young.scanned]],
  ]);
  await stand.pass(0);
  expect([await versionOf(old.subject), await versionOf(young.subject)]).toEqual([0, 2]);
  expect(givenUp()).toEqual([
    ['minted', 'too_old'],
    ['scanned', 'too_old'],
  ]);
});

describe('tickets that live and did not move', () => {
  const all = (): (readonly [Subject, readonly string[]])[] =>
    Array.from({ length: 1_200 }, (_, i) => ticket(9_000 + i)).map(({ subject, minted, scanned }) => [
      subject,
      [minted, scanned],
    ]);

  async function restoreQuiet(lost: readonly (readonly [Subject, readonly string[]])[]): Promise<void> {
    [incidents, released, announced] = [[], [], []];
    const running = await restore(lost, false);
    await stand.pass(0);
    expect([running.done, new Set(released).size]).toEqual([true, lost.length]);
  }

  test('come back before anyone goes on where the master was emptied, also when the newest are back already', async () => {
    const lost = all();
    await restoreQuiet(lost.slice(0, 1_050));
    expect(announced).toEqual([{ stage: 'healed', restored: 2_100, released: 1_050 }]);
    await restoreQuiet(lost);
    expect(announced).toEqual([{ stage: 'healed', restored: 300, released: 1_200 }]);
    expect(await versionOf(lost[1_199]?.[0] as Subject)).toBe(2);
  });

  test('keep nobody waiting where the oldest and the newest are there, and come back all the same', async () => {
    const lost = all();
    await restoreQuiet([...lost.slice(0, 1_050), ...lost.slice(1_060)]);
    await restoreQuiet(lost);
    expect(announced).toEqual([{ stage: 'healed', restored: 0, released: 1_100 }]);
    expect(restored()).toHaveLength(20);
  });
});
