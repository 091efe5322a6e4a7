import type { Append, AppendResult, EventStore } from '../../src/store/event-store.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { MINTED, SCANNED, appendMaker, freshTicket, seeded, sleep } from '../contract/appends.ts';

/** What a run of sign-ins was told, to be compared with what the log says in the end. */
export interface Load {
  /** Every event that was acknowledged, by subject. */
  readonly acknowledged: Map<Subject, Set<Cursor>>;
  readonly outcomes: Map<string, number>;
  /** When an append was last acknowledged, and the longest time without one, in milliseconds. */
  longestGapMs: number;
  /** Stops, and settles when everything that was under way has settled. */
  readonly stop: () => Promise<void>;
}

/** What the log says of a run. */
export interface Verdict {
  readonly events: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
}

const LIFE = { ms: 60_000 };
const STEPS: readonly TicketEvent[] = [
  SCANNED,
  { type: 'confirmed', data: {} },
  { type: 'redeemed', data: {} },
];

/** Drives tickets from minting to redeeming, each step on a node of its own choice, with pauses in between. */
export function startLoad(
  stores: readonly EventStore[],
  { seed, workers = 16, pauseMs = 4 }: { seed: number; workers?: number; pauseMs?: number },
): Load {
  const random = seeded(seed);
  const { first, next } = appendMaker(random);
  const acknowledged = new Map<Subject, Set<Cursor>>();
  const outcomes = new Map<string, number>();
  const running = new AbortController();
  let lastAt = performance.now();
  const load: Load = { acknowledged, outcomes, longestGapMs: 0, stop };
  const done = Promise.all(Array.from({ length: workers }, () => work()));

  async function stop(): Promise<void> {
    running.abort();
    await done;
  }

  async function work(): Promise<void> {
    while (!running.signal.aborted) {
      const subject = freshTicket(random);
      if (!(await send(first(subject, { type: 'minted', data: MINTED }, LIFE)))) continue;
      for (const event of STEPS) {
        await sleep(random() * pauseMs);
        if (!(await step(subject, event))) break;
      }
    }
  }

  async function step(subject: Subject, event: TicketEvent): Promise<boolean> {
    for (let tries = 0; tries < 40; tries++) {
      try {
        const { heads } = await pick().read([subject]);
        const head = heads[0];
        if (head === undefined || head === null) return count('vanished');
        return await send(next(head, event, { life: LIFE }));
      } catch {
        count('read failed');
        await sleep(50);
      }
    }
    return false;
  }

  /** Sends until it is answered, as a command does with the same event id. */
  async function send(append: Append): Promise<boolean> {
    for (let tries = 0; tries < 40; tries++) {
      try {
        return note(append, await pick().append([append]));
      } catch {
        count('append failed');
        await sleep(50);
        if (running.signal.aborted) return false;
      }
    }
    return false;
  }

  function note(append: Append, result: AppendResult): boolean {
    count(result.outcome);
    if (!('moments' in result)) return false;
    const at = performance.now();
    load.longestGapMs = Math.max(load.longestGapMs, at - lastAt);
    lastAt = at;
    const ids = acknowledged.get(append.subject) ?? new Set();
    acknowledged.set(append.subject, ids.add(append.event.id));
    return true;
  }

  function count(outcome: string): false {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return false;
  }

  function pick(): EventStore {
    return stores[Math.floor(random() * stores.length)] as EventStore;
  }

  return load;
}

/** Compares what was acknowledged with the whole log, read once. */
export function judge(
  load: Load,
  log: ReadonlyMap<Subject, readonly { id: Cursor; version: number }[]>,
): Verdict {
  let events = 0;
  let lost = 0;
  let doubled = 0;
  let reordered = 0;
  for (const [subject, ids] of load.acknowledged) {
    const history = log.get(subject) ?? [];
    const present = new Set(history.map(({ id }) => id));
    events += ids.size;
    for (const id of ids) if (!present.has(id)) lost++;
    if (present.size < history.length) doubled++;
    if (history.some(({ version }, i) => version !== i + 1)) reordered++;
  }
  return { events, lost, doubled, reordered };
}
