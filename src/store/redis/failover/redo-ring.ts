import { kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { subjectOfEntry, versionOfEntry } from '../format/log-entry.ts';

/** How much the redo ring holds. */
export interface RingSettings {
  /** How far back the redo ring reaches from the store's last answer, in milliseconds. */
  readonly ringMs: number;
  /** The most that the redo ring holds, in characters of log entries; 0 switches it off (for tests only). */
  readonly ringSizeMax: number;
}

/** The bounds of the ring. */
export interface RedoRingOptions {
  /** How far back it reaches from the store's last answer, in milliseconds. */
  readonly windowMs: number;
  /** The most characters of log entries that it holds; the oldest go first. */
  readonly sizeMax: number;
  readonly onFull: (dropped: number) => void;
}

/**
 * The redo ring: every event of the last while that this node had acknowledged or read from the feed, as the log has
 * it. Each partition's time is its own master's, as last heard, so that nothing grows old while that one is away, nor
 * while it may be one that others have replaced.
 */
export class RedoRing {
  readonly #options: RedoRingOptions;
  /** By partition: entry to the store's time when it was first seen, in that order. */
  readonly #entries = new Map<number, Map<string, number>>();
  /** How many entries of each subject it has, and the newest version among them. */
  readonly #subjects = new Map<Subject, { entries: number; newest: number }>();
  #size = 0;

  constructor(options: RedoRingOptions) {
    this.#options = options;
  }

  /** Keeps an entry, first seen now, and lets go of what is too old. The same one again changes nothing. */
  add(text: string, partition: number, now: number, trustedAt: number): void {
    const { sizeMax } = this.#options;
    const subject = subjectOfEntry(text);
    if (sizeMax === 0 || kindOf(subject) === 'canary') return;
    const entries = this.#entries.get(partition) ?? new Map<string, number>();
    if (entries.has(text)) return;
    this.#entries.set(partition, entries);
    entries.set(text, now);
    this.#size += text.length;
    const known = this.#subjects.get(subject) ?? { entries: 0, newest: 0 };
    known.entries++;
    known.newest = Math.max(known.newest, versionOfEntry(text));
    this.#subjects.set(subject, known);
    this.#letGo(entries, trustedAt);
    if (this.#size > sizeMax) this.#makeRoom();
  }

  /** A partition's entries of the window before its last answer that could be trusted, and since, by subject. */
  entriesOf(partition: number, trustedAt: number): Map<Subject, string[]> {
    const found = new Map<Subject, string[]>();
    for (const [text, seenAt] of this.#entries.get(partition) ?? []) {
      if (seenAt < trustedAt - this.#options.windowMs) continue;
      const subject = subjectOfEntry(text);
      const present = found.get(subject);
      if (present === undefined) found.set(subject, [text]);
      else present.push(text);
    }
    return found;
  }

  /** The newest version of a subject that it knows; 0 for none. */
  newestOf(subject: Subject): number {
    return this.#subjects.get(subject)?.newest ?? 0;
  }

  /** Characters of log entries that it holds now. */
  get size(): number {
    return this.#size;
  }

  #letGo(entries: Map<string, number>, trustedAt: number): void {
    for (const [text, seenAt] of entries) {
      if (seenAt >= trustedAt - this.#options.windowMs) return;
      this.#drop(entries, text);
    }
  }

  #makeRoom(): void {
    let dropped = 0;
    for (const entries of this.#entries.values()) {
      let many = Math.ceil(entries.size / 10);
      for (const text of entries.keys()) {
        if (many-- <= 0) break;
        this.#drop(entries, text);
        dropped++;
      }
    }
    this.#options.onFull(dropped);
  }

  #drop(entries: Map<string, number>, text: string): void {
    entries.delete(text);
    this.#size -= text.length;
    const subject = subjectOfEntry(text);
    const known = this.#subjects.get(subject);
    if (known !== undefined && --known.entries === 0) this.#subjects.delete(subject);
  }
}
