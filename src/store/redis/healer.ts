import type { Subject } from '../subject.ts';
import type { GivenUp, OnIncident } from './incident.ts';
import { parseEntry, stampOfEntry } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import { restoreSubject, revokeAnyway } from './restore.ts';
import type { Restored, RestoreTools } from './restore.ts';
import type { RedisSettings } from './settings.ts';

/** How many subjects are put back at once. */
const CONCURRENCY = 128;

/** How many subjects are compared with the new master at once. */
const COMPARE_MAX = 1_000;

/** How often a lost event is tried again whose predecessor is missing. */
const WAIT_MS = 250;

/** One subject's entries of the ring, and who waits for them. */
export interface Lost {
  readonly subject: Subject;
  readonly texts: readonly string[];
  readonly release: () => void;
}

/** What healing needs. */
export interface HealerOptions {
  readonly settings: RedisSettings;
  readonly tools: RestoreTools;
  readonly clock: () => number;
  readonly onIncident: OnIncident;
  /** Wakes the watchers of subjects whose history went another way. */
  readonly wake: (subjects: readonly Subject[]) => void;
  readonly stopped: () => boolean;
}

/** Puts back what one failover lost, as far as one node knows it. */
export class Healer {
  readonly #options: HealerOptions;
  readonly #totals = { restored: 0, givenUp: 0, reset: new Set<Subject>() };

  constructor(options: HealerOptions) {
    this.#options = options;
  }

  /** Puts back what is missing, then announces it, and then goes on with what waits for a predecessor. */
  async heal(lost: readonly Lost[], announce: () => Promise<void>): Promise<void> {
    const { clock, settings, onIncident, wake } = this.#options;
    const totals = this.#totals;
    const startedAt = clock();
    const end = startedAt + settings.ringMs;
    const waiting: LogEntry[] = [];
    const newestLast = [...lost].sort((a, b) => newestOf(a) - newestOf(b));
    while (newestLast.length > 0) {
      const missing = await this.#compare(newestLast.splice(-COMPARE_MAX));
      const work = async (): Promise<void> => {
        for (let next = missing.pop(); next !== undefined; next = missing.pop()) {
          waiting.push(...(await this.#restore(next.texts.map(parseEntry))));
          next.release();
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
    }
    await announce();
    const seconds = (clock() - startedAt) / 1000;
    const stillWaiting = await this.#waitOn(waiting, end);
    for (const entry of stillWaiting) await this.#giveUp(entry);
    wake([...totals.reset]);
    onIncident({
      kind: 'healed',
      seconds,
      restored: totals.restored,
      givenUp: totals.givenUp,
      reset: totals.reset.size,
    });
  }

  /** Lets go of subjects whose newest event stands there. @returns the others. */
  async #compare(lost: readonly Lost[]): Promise<Lost[]> {
    const missing = await Promise.all(
      lost.map(async (one) => {
        const newest = parseEntry(one.texts[one.texts.length - 1] as string).event.id;
        const reading = await this.#options.tools.read(one.subject).catch(() => undefined);
        if (reading?.head?.moments.some(({ id }) => id === newest) !== true) return [one];
        one.release();
        return [];
      }),
    );
    return missing.flat();
  }

  /** Tries again, subject by subject, until the window ends. */
  async #waitOn(waiting: LogEntry[], end: number): Promise<LogEntry[]> {
    let left = waiting;
    while (left.length > 0 && !this.#options.stopped() && this.#options.clock() < end) {
      await new Promise((wait) => setTimeout(wait, WAIT_MS));
      const bySubject = groupBySubject(left);
      left = [];
      for (const entries of bySubject) left.push(...(await this.#restore(entries)));
    }
    return left;
  }

  /** @returns what has to wait for its predecessor. */
  async #restore(entries: readonly LogEntry[]): Promise<LogEntry[]> {
    const waiting: LogEntry[] = [];
    try {
      await restoreSubject(this.#options.tools, entries, (entry, restored) => {
        if (restored === 'wait') waiting.push(entry);
        else this.#count(entry, restored);
      });
    } catch {
      return [...entries];
    }
    return waiting;
  }

  async #giveUp(entry: LogEntry): Promise<void> {
    if (entry.event.type === 'revoked' && !this.#options.stopped()) {
      const tools = this.#options.tools;
      const put = await tools
        .read(entry.event.subject)
        .then(({ head }) => revokeAnyway(tools, head, entry))
        .catch((): readonly [Restored, null] => ['store_away', null]);
      this.#count(entry, put[0] === 'wait' ? 'no_predecessor' : put[0]);
    } else {
      this.#count(entry, 'no_predecessor');
    }
  }

  #count({ event }: LogEntry, restored: Exclude<Restored, 'wait'>): void {
    const { subject, type } = event;
    if (restored === 'there') return;
    if (restored === 'restored') {
      this.#totals.restored++;
      this.#options.onIncident({ kind: 'restored', subject, type });
    } else {
      this.#totals.givenUp++;
      this.#totals.reset.add(subject);
      this.#options.onIncident({ kind: 'given_up', subject, type, why: restored satisfies GivenUp });
    }
  }
}

/** The stamp of a subject's newest entry: what was written last is what other nodes may not know, and goes first. */
function newestOf({ texts }: Lost): number {
  return Math.max(...texts.map((text) => stampOfEntry(text)));
}

function groupBySubject(entries: readonly LogEntry[]): Iterable<LogEntry[]> {
  const groups = new Map<Subject, LogEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.event.subject);
    if (group === undefined) groups.set(entry.event.subject, [entry]);
    else group.push(entry);
  }
  return groups.values();
}
