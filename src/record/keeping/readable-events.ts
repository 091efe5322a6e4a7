import type { EventStore, StoredEvent } from '../../store/event-store.ts';
import { lostAt } from '../../store/outbox.ts';
import type { LostEvents } from '../../store/outbox.ts';
import type { Subject } from '../../store/subject.ts';
import { Contexts, contextOfHead } from '../entry/context.ts';
import type { Entry } from '../entry/entry.ts';
import { entryOfLog } from '../entry/log-entry.ts';

/** How many subjects' contexts are remembered. */
const CONTEXTS_MAX = 20_000;

/** Turns events of the log into entries, and remembers of each subject what its later events do not repeat. */
export class ReadableEvents {
  readonly #store: Pick<EventStore, 'read'>;
  readonly #contexts = new Contexts(CONTEXTS_MAX);

  constructor(store: Pick<EventStore, 'read'>) {
    this.#store = store;
  }

  /** What cannot be read, of a later release down to its cursor, is told as a gap: nothing behind it waits. */
  async entriesOf(
    events: readonly StoredEvent[],
  ): Promise<{ readonly entries: readonly Entry[]; readonly unread: readonly LostEvents[] }> {
    await this.#learn(events);
    const unread: LostEvents[] = [];
    const entries = events.flatMap((stored) => {
      try {
        const { entry, context } = entryOfLog(stored, this.#contexts.get(stored.subject) ?? {});
        this.#contexts.set(stored.subject, context);
        return [entry];
      } catch {
        unread.push(lostAt(stored.at));
        return [];
      }
    });
    return { entries, unread };
  }

  /** Reads the heads of subjects whose earlier events this process has not moved. */
  async #learn(events: readonly StoredEvent[]): Promise<void> {
    const begun = new Set<Subject>();
    const unknown = new Set<Subject>();
    for (const { subject, version } of events) {
      if (version === 1) begun.add(subject);
      else if (!begun.has(subject) && this.#contexts.get(subject) === undefined) unknown.add(subject);
    }
    if (unknown.size === 0) return;
    const { heads } = await this.#store.read([...unknown]);
    for (const head of heads) {
      const context = head === null ? undefined : contextOfHead(head);
      if (head !== null && context !== undefined) this.#contexts.set(head.subject, context);
    }
  }
}
