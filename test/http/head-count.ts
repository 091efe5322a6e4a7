import { jest } from '@jest/globals';
import type { EventStore, Head } from '../../src/store/event-store.ts';
import { kindOf } from '../../src/store/subject.ts';
import type { Subject, SubjectKind } from '../../src/store/subject.ts';

/** How often heads were read from the store, and how often a head's blob was parsed, whoever did it. */
export interface HeadCounts {
  readonly reads: Partial<Record<SubjectKind, number>>;
  readonly parses: Partial<Record<SubjectKind, number>>;
}

/**
 * Counts what becomes of heads. Reads are counted at the store's port. A parse is any `JSON.parse` of a text that the
 * store has answered as a blob, or was given as one: what a node has just written itself counts too.
 */
export class HeadCount {
  readonly #blobs = new Map<string, SubjectKind>();
  #reads: Partial<Record<SubjectKind, number>> = {};
  #parses: Partial<Record<SubjectKind, number>> = {};

  constructor() {
    const { parse } = JSON;
    jest.spyOn(JSON, 'parse').mockImplementation((text, reviver): unknown => {
      const kind = this.#blobs.get(text);
      if (kind !== undefined) this.#parses[kind] = (this.#parses[kind] ?? 0) + 1;
      return parse(text, reviver);
    });
  }

  /** A store that is counted. */
  before(store: EventStore): EventStore {
    return {
      append: async (batch) => {
        for (const { subject, head } of batch) this.#know(subject, head);
        const result = await store.append(batch);
        if ('head' in result && result.head !== null) this.#know(result.head.subject, result.head);
        return result;
      },
      read: async (subjects) => {
        for (const subject of subjects)
          this.#reads[kindOf(subject)] = (this.#reads[kindOf(subject)] ?? 0) + 1;
        const answer = await store.read(subjects);
        for (const head of answer.heads) if (head !== null) this.#know(head.subject, head);
        return answer;
      },
      rebuild: async (subject) => {
        const head = await store.rebuild(subject);
        if (head !== null) this.#know(subject, head);
        return head;
      },
      history: (subject) => store.history(subject),
      due: (limit) => store.due(limit),
      feed: (options) => store.feed(options),
      health: () => store.health(),
      close: () => store.close(),
    };
  }

  /** What one piece of work cost. Only one at a time. */
  async of(work: () => Promise<unknown>): Promise<HeadCounts> {
    this.#reads = {};
    this.#parses = {};
    await work();
    return { reads: this.#reads, parses: this.#parses };
  }

  stop(): void {
    jest.restoreAllMocks();
  }

  #know(subject: Subject, { blob }: Pick<Head, 'blob'>): void {
    this.#blobs.set(blob, kindOf(subject));
  }
}
