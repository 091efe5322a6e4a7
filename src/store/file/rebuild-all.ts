import { NewerSchema } from '../codec.ts';
import type { EventStore, Head } from '../event-store.ts';
import type { RebuildReport } from '../rebuild.ts';
import type { Subject } from '../subject.ts';
import { livingHead } from './append.ts';
import type { Environment } from './disk/environment.ts';
import { headFrom } from './head-from.ts';
import { ticketLogRange, subjectOfLog } from './keys.ts';
import { encodedHead } from './record.ts';

/** Log keys that one step looks at. */
const KEYS_AT_ONCE = 1000;

/** Folds every ticket of the log and holds it against its head. A missing head is put back; one that differs is told. */
export async function rebuildAll(
  store: EventStore,
  environment: Environment,
  clock: { readonly now: () => number; readonly historyMs: number },
  onProgress: (report: RebuildReport) => void,
): Promise<RebuildReport> {
  const counts = { events: 0, tickets: 0, equal: 0, rebuilt: 0, over: 0, newer: 0 };
  const different: Subject[] = [];
  const { start, end } = ticketLogRange();
  let from = start;
  for (;;) {
    environment.refresh();
    const keys = environment.keys({ start: from, end }, KEYS_AT_ONCE);
    const subjects = new Set(keys.map(subjectOfLog));
    for (const subject of subjects) await one(subject);
    onProgress({ ...counts, different });
    const last = keys.at(-1);
    if (last === undefined || keys.length < KEYS_AT_ONCE) return { ...counts, different };
    from = ticketLogRange(subjectOfLog(last)).start;
  }

  async function one(subject: Subject): Promise<void> {
    let expected: Head | null;
    const events = await store.history(subject);
    counts.events += events.length;
    try {
      expected = headFrom(subject, events);
    } catch (error) {
      if (!(error instanceof NewerSchema)) throw error;
      counts.newer += 1;
      return;
    }
    if (expected === null) return;
    counts.tickets += 1;
    const present = livingHead(environment, subject, clock.now(), clock.historyMs);
    if (present === null) {
      if ((await store.rebuild(subject)) === null) counts.over += 1;
      else counts.rebuilt += 1;
    } else if (encodedHead(present).equals(encodedHead(expected))) counts.equal += 1;
    else if (present.version <= expected.version) different.push(subject);
  }
}
