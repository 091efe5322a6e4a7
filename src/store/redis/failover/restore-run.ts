import { sleep } from '../../../time/time.ts';
import type { Cursor } from '../../../ticket/cursor.ts';
import type { Time } from '../../../time/time.ts';
import type { Subject } from '../../subject.ts';
import { parseEntry, stampOfEntry, versionOfEntry } from '../format/log-entry.ts';
import type { LogEntry } from '../format/log-entry.ts';
import type { Barrier } from './barrier.ts';
import type { GivenUp, OnIncident } from './incident.ts';
import { restoreLostEvents, revokeAtAnyVersion, isThere } from './lost-events.ts';
import type { Restored, RestoreAccess } from './lost-events.ts';
import type { Remembered, RingSettings } from './redo-ring.ts';

/** How many subjects are put back at once. */
const CONCURRENCY = 128;

/** How many subjects are compared with the new master at once. */
const COMPARE_MAX = 1_000;

/** How many of the subjects that moved longest ago tell whether the new master was emptied. */
const OLDEST = 100;

/** How often a lost event is tried again whose predecessor another node may be about to put back. */
const TURN_MS = 20;

/** The same, once the others do not wait for this node any longer. */
const WAIT_MS = 250;

/** One subject as the ring has it, and what lets go of it. */
export interface Lost extends Remembered {
  readonly release: () => void;
}

/** A subject's entries that are not back yet, and what lets go of it. */
interface Unfinished {
  readonly entries: readonly LogEntry[];
  readonly release: () => void;
}

/** The pause between two tries, when they end, whether the next one is the last, and who hears of each. */
interface Times {
  readonly everyMs: number;
  readonly end: number;
  readonly isLast?: () => Promise<boolean>;
  readonly onTried?: () => Promise<void>;
}

/** The failover that is dealt with, and how long it may take. */
export interface RestoreRunOptions {
  readonly settings: RingSettings;
  readonly access: RestoreAccess;
  readonly barrier: Barrier;
  readonly time: Time;
  readonly onIncident: OnIncident;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
  readonly stopped: () => boolean;
  /** Hears of an event that is not to be put back another time: its subject went another way. */
  readonly forget: (subject: Subject, id: Cursor) => void;
}

/**
 * One node's work after one failover, over all subjects that its redo ring has: lets go of those that the new master
 * has whole, puts the others back, newest first, and waits for events that only another node knows.
 *
 * A master that missed the end of the log has the tickets that did not move for a while, but for the last of them; one
 * that was emptied has none, and the oldest come back last. So where the oldest are there, other nodes wait until a
 * whole turn of the others was there too, and what is older is compared after that, held up here alone.
 */
export class RestoreRun {
  readonly #options: RestoreRunOptions;
  readonly #totals = { restored: 0, givenUp: 0, reset: new Set<Subject>() };

  constructor(options: RestoreRunOptions) {
    this.#options = options;
  }

  /**
   * Puts back what is missing. An event whose predecessor only another node knows keeps its subject held until that
   * one is there too, and this node is not through before: nobody may write where half of a history stands.
   */
  async restore(lost: readonly Lost[]): Promise<void> {
    const { time, settings, onIncident, barrier, wake } = this.#options;
    const totals = this.#totals;
    const startedAt = time.now();
    const byStamp = newestLast(lost);
    const moved = byStamp.filter((one) => one.moved);
    const quiet = byStamp.filter((one) => !one.moved);
    const unfinished: Unfinished[] = [];
    while (moved.length > 0) unfinished.push(...(await this.#compareAndPutBack(moved)).left);
    const isEmptied = await this.#missesOldest(quiet);
    for (let goesOn = true; goesOn && quiet.length > 0;) {
      const turn = await this.#compareAndPutBack(quiet);
      unfinished.push(...turn.left);
      goesOn = isEmptied || turn.missing > 0;
    }
    if (unfinished.length > 0) await barrier.announce('tried');
    const turns = {
      everyMs: TURN_MS,
      end: Infinity,
      isLast: () => barrier.isOver(),
      onTried: () => barrier.announce('tried'),
    };
    const left = [...(await this.#lookAgain(unfinished, turns))];
    for (const { release } of left) release();
    await barrier.announce('healed');
    const seconds = (time.now() - startedAt) / 1000;
    while (quiet.length > 0 && !this.#options.stopped()) {
      const turn = await this.#compareAndPutBack(quiet);
      for (const { release } of turn.left) release();
      left.push(...turn.left);
    }
    const wait = { everyMs: WAIT_MS, end: startedAt + settings.ringMs };
    for (const { entries } of await this.#lookAgain(left, wait)) {
      for (const entry of entries) await this.#giveUp(entry);
    }
    wake([...totals.reset]);
    onIncident({
      kind: 'healed',
      seconds,
      restored: totals.restored,
      givenUp: totals.givenUp,
      reset: totals.reset.size,
    });
  }

  /** Deals with the newest of these subjects, and takes them out. @returns how many of them missed something. */
  async #compareAndPutBack(
    all: Lost[],
  ): Promise<{ readonly missing: number; readonly left: readonly Unfinished[] }> {
    const missing = await this.#compare(all.splice(-COMPARE_MAX));
    const entries = missing.map(({ texts, release }) => ({ entries: texts.map(parseEntry), release }));
    return { missing: missing.length, left: await this.#putBack(entries) };
  }

  /** Looks at the oldest of these subjects: those that stand there are let go of and taken out. */
  async #missesOldest(all: Lost[]): Promise<boolean> {
    const missing = await this.#compare(all.splice(0, OLDEST));
    all.unshift(...missing);
    return missing.length > 0;
  }

  /** Lets go of subjects whose newest event stands there. @returns the others. */
  async #compare(lost: readonly Lost[]): Promise<Lost[]> {
    const missing = await Promise.all(
      lost.map(async (one) => {
        const dated = await this.#options.access.read(one.subject).catch(() => undefined);
        if (dated === undefined || !isThere(dated.head, parseEntry(newestOf(one)).event)) return [one];
        one.release();
        return [];
      }),
    );
    return missing.flat();
  }

  /** Takes the last subject first, and lets go of each that is whole again. @returns what has to wait. */
  async #putBack(missing: readonly Unfinished[]): Promise<Unfinished[]> {
    const todo = [...missing];
    const left: Unfinished[] = [];
    const work = async (): Promise<void> => {
      for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
        const entries = await this.#restoreOne(one.entries);
        if (entries.length === 0) one.release();
        else left.push({ ...one, entries });
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return left;
  }

  /** Tries again until nothing waits, the time is over, or that was the last time. */
  async #lookAgain(unfinished: readonly Unfinished[], times: Times): Promise<readonly Unfinished[]> {
    const { everyMs, end, isLast, onTried } = times;
    let left = unfinished;
    while (left.length > 0 && !this.#options.stopped() && this.#options.time.now() < end) {
      await sleep(this.#options.time, everyMs);
      const last = await isLast?.();
      left = await this.#putBack(left);
      if (last) break;
      await onTried?.();
    }
    return left;
  }

  /** @returns what has to wait for its predecessor. */
  async #restoreOne(entries: readonly LogEntry[]): Promise<readonly LogEntry[]> {
    const waiting: LogEntry[] = [];
    try {
      await restoreLostEvents(this.#options.access, entries, (entry, restored) => {
        if (restored === 'wait') waiting.push(entry);
        else this.#count(entry, restored);
      });
    } catch {
      return entries;
    }
    return waiting;
  }

  async #giveUp(entry: LogEntry): Promise<void> {
    if (entry.event.type === 'revoked' && !this.#options.stopped()) {
      const access = this.#options.access;
      const put = await access
        .read(entry.event.subject)
        .then(({ head }) => revokeAtAnyVersion(access, head, entry))
        .catch((): readonly [Restored, null] => ['store_away', null]);
      this.#count(entry, put[0] === 'wait' ? 'no_predecessor' : put[0]);
    } else {
      this.#count(entry, 'no_predecessor');
    }
  }

  #count({ event }: LogEntry, restored: Exclude<Restored, 'wait'>): void {
    const { subject, type, id } = event;
    if (restored === 'there') return;
    if (restored === 'restored') {
      this.#totals.restored++;
      this.#options.onIncident({ kind: 'restored', subject, type });
    } else {
      this.#totals.givenUp++;
      if (restored === 'another_history') this.#options.forget(subject, id);
      this.#totals.reset.add(subject);
      this.#options.onIncident({ kind: 'given_up', subject, type, why: restored satisfies GivenUp });
    }
  }
}

function newestLast(lost: readonly Lost[]): readonly Lost[] {
  const stamps = new Map(lost.map((one) => [one, stampOfEntry(newestOf(one))] as const));
  return [...lost].sort((a, b) => (stamps.get(a) ?? 0) - (stamps.get(b) ?? 0));
}

/**
 * The entry of a subject's highest version, of which its own node may have heard before the one it followed. What was
 * written last is what other nodes may not know, and goes first.
 */
function newestOf({ texts }: Lost): string {
  return texts.reduce((a, b) => (versionOfEntry(b) > versionOfEntry(a) ? b : a));
}
