import type { Cursor } from '../../../ticket/cursor.ts';
import { isFinal } from '../../../ticket/ticket.ts';
import { kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { endingOfEntry, idOfEntry, subjectOfEntry, versionOfEntry } from '../format/log-entry.ts';
import { ForgetQueue } from './forget-queue.ts';
import type { Forgettable } from './forget-queue.ts';

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
  /** The most characters of log entries that it holds; what may be forgotten soonest goes first. */
  readonly sizeMax: number;
  readonly onFull: (dropped: number) => void;
}

/** What the ring has of one subject. */
export interface Remembered {
  readonly subject: Subject;
  readonly texts: readonly string[];
  /** Whether one of its events is of the window: the others are there because the ticket lives. */
  readonly moved: boolean;
}

interface Entry {
  readonly text: string;
  readonly version: number;
  /** The store's time when it was first seen. */
  readonly seenAt: number;
}

/** A subject, and its entries in the order in which they were seen. */
interface Kept extends Forgettable {
  readonly subject: Subject;
  readonly isTicket: boolean;
  entries: Entry[];
  newest: number;
  seenAt: number;
}

interface Partition {
  readonly subjects: Map<Subject, Kept>;
  readonly queue: ForgetQueue<Kept>;
}

/** How full it is once there was no room, as a part of what it may hold: making room is not for every event. */
const MADE_ROOM = 0.9;

/**
 * The redo ring: what this node had acknowledged or read from the feed, as the log has it. Of a ticket it has all
 * events, for as long as the ticket lives and for the window after; of a session, which lives for days, those of the
 * window. Each partition's time is its own master's, as last heard, so that nothing grows old while that one is away,
 * nor while it may be one that others have replaced.
 */
export class RedoRing {
  readonly #options: RedoRingOptions;
  readonly #partitions = new Map<number, Partition>();
  #size = 0;

  constructor(options: RedoRingOptions) {
    this.#options = options;
  }

  /** Keeps an entry, first seen now, and lets go of what is not needed. The same one again changes nothing. */
  add(text: string, partition: number, now: number, trustedAt: number): void {
    const { sizeMax, windowMs } = this.#options;
    const subject = subjectOfEntry(text);
    const kind = kindOf(subject);
    if (sizeMax === 0 || kind === 'canary') return;
    const place = this.#partition(partition);
    const kept = place.subjects.get(subject) ?? newSubject(subject, kind === 'ticket');
    const version = versionOfEntry(text);
    const rivals = kept.entries.filter((entry) => entry.version === version);
    if (rivals.some((rival) => rival.text === text)) return;
    if (kept.isTicket && rivals.length > 0) this.#keepOnly(kept, (entry) => entry.version < version);
    if (!kept.isTicket) this.#keepOnly(kept, ({ seenAt }) => seenAt >= trustedAt - windowMs);
    kept.entries.push({ text, version, seenAt: now });
    this.#size += text.length;
    place.subjects.set(subject, kept);
    this.#date(kept);
    place.queue.file(kept);
    for (const one of place.queue.due(trustedAt)) this.#drop(place, one);
    if (this.#size > sizeMax) this.#makeRoom();
  }

  /** Lets go of one event: its subject went another way. */
  forget(subject: Subject, partition: number, id: Cursor): void {
    const place = this.#partitions.get(partition);
    const kept = place?.subjects.get(subject);
    if (place === undefined || kept === undefined) return;
    this.#keepOnly(kept, ({ text }) => idOfEntry(text) !== id);
    if (kept.entries.length === 0) this.#drop(place, kept);
    else this.#date(kept);
  }

  /** What a partition had to remember when its master last answered as one that could be trusted, and since. */
  entriesOf(partition: number, trustedAt: number): readonly Remembered[] {
    const since = trustedAt - this.#options.windowMs;
    const found: Remembered[] = [];
    for (const { subject, isTicket, entries, seenAt, neededTill } of this.#subjectsOf(partition)) {
      if (neededTill < trustedAt) continue;
      const needed = isTicket ? entries : entries.filter((entry) => entry.seenAt >= since);
      found.push({ subject, texts: needed.map(({ text }) => text), moved: seenAt >= since });
    }
    return found;
  }

  /** The newest version that it knows of a subject in this partition; 0 for none. */
  newestOf(subject: Subject, partition: number): number {
    return this.#partitions.get(partition)?.subjects.get(subject)?.newest ?? 0;
  }

  /** Characters of log entries that it holds now. */
  get size(): number {
    return this.#size;
  }

  #partition(partition: number): Partition {
    let place = this.#partitions.get(partition);
    if (place === undefined) {
      place = { subjects: new Map(), queue: new ForgetQueue() };
      this.#partitions.set(partition, place);
    }
    return place;
  }

  #subjectsOf(partition: number): Iterable<Kept> {
    return this.#partitions.get(partition)?.subjects.values() ?? [];
  }

  /** Looks at a subject's entries for how long they are needed. */
  #date(kept: Kept): void {
    const { windowMs } = this.#options;
    let last = kept.entries[0];
    kept.seenAt = 0;
    for (const entry of kept.entries) {
      kept.seenAt = Math.max(kept.seenAt, entry.seenAt);
      if (last === undefined || entry.version >= last.version) last = entry;
    }
    kept.newest = last?.version ?? 0;
    const { type, deadline } = endingOfEntry(last?.text ?? '');
    // An event that ends a ticket has the name of the status that it leads to.
    const lives = kept.isTicket && !isFinal(type);
    kept.neededTill = windowMs + (lives ? Math.max(kept.seenAt, deadline) : kept.seenAt);
  }

  #keepOnly(kept: Kept, stays: (entry: Entry) => boolean): void {
    for (const entry of kept.entries) if (!stays(entry)) this.#size -= entry.text.length;
    kept.entries = kept.entries.filter(stays);
  }

  #makeRoom(): void {
    let dropped = 0;
    const enough = this.#options.sizeMax * MADE_ROOM;
    while (this.#size > enough) {
      const soonestFirst = [...this.#partitions.values()]
        .flatMap((place) => place.queue.seconds.map((second) => ({ place, second })))
        .sort((a, b) => a.second - b.second);
      for (const { place, second } of soonestFirst) {
        for (const kept of place.queue.under(second)) {
          if (this.#size <= enough) break;
          dropped += kept.entries.length;
          this.#drop(place, kept);
        }
        if (this.#size <= enough) break;
      }
    }
    this.#options.onFull(dropped);
  }

  #drop({ subjects, queue }: Partition, kept: Kept): void {
    queue.remove(kept);
    subjects.delete(kept.subject);
    this.#keepOnly(kept, () => false);
  }
}

function newSubject(subject: Subject, isTicket: boolean): Kept {
  return { subject, isTicket, entries: [], newest: 0, seenAt: 0, neededTill: 0, filedUnder: undefined };
}
