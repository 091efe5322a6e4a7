import type { Time } from '../../../time/time.ts';
import type { Head } from '../../event-store.ts';
import { partitionOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';

/** A head, and the store's time when it was read. */
export interface DatedHead {
  readonly head: Head | null;
  readonly now: number;
}

/** Subjects of one partition. */
export interface SubjectGroup {
  readonly partition: number;
  readonly subjects: readonly Subject[];
}

/** The time, and the heads of a group's subjects. */
export interface GroupHeads {
  readonly now: number;
  readonly heads: readonly (Head | null)[];
}

/** Answers for each group. */
export type ReadHeads = (groups: readonly SubjectGroup[]) => Promise<readonly GroupHeads[]>;

interface Waiting {
  readonly resolve: (dated: DatedHead) => void;
  readonly reject: (error: unknown) => void;
}

/** The most heads that one function call reads. */
const HEADS_MAX = 200;

/** Puts all reads of one turn of the event loop together: one function call a partition, each subject once. */
export class ReadBatch {
  readonly #partitions: number;
  readonly #time: Time;
  readonly #readHeads: ReadHeads;
  #waiting = new Map<Subject, Waiting[]>();

  constructor(partitions: number, time: Time, readHeads: ReadHeads) {
    this.#partitions = partitions;
    this.#time = time;
    this.#readHeads = readHeads;
  }

  read(subject: Subject): Promise<DatedHead> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#time.soon(() => void this.#send());
      const present = this.#waiting.get(subject);
      if (present === undefined) this.#waiting.set(subject, [{ resolve, reject }]);
      else present.push({ resolve, reject });
    });
  }

  /** The store's time, as a partition tells it that is asked for nothing else. */
  async now(): Promise<number> {
    const [answer] = await this.#readHeads([{ partition: 0, subjects: [] }]);
    return answer?.now ?? 0;
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    const groups = groupsOf(waiting.keys(), this.#partitions);
    try {
      const answers = await this.#readHeads(groups);
      for (const [i, { subjects }] of groups.entries()) {
        const answer = answers[i];
        for (const [j, subject] of subjects.entries()) {
          const dated = { head: answer?.heads[j] ?? null, now: answer?.now ?? 0 };
          for (const { resolve } of waiting.get(subject) ?? []) resolve(dated);
        }
      }
    } catch (error) {
      for (const all of waiting.values()) for (const { reject } of all) reject(error);
    }
  }
}

function groupsOf(
  subjects: Iterable<Subject>,
  partitions: number,
): { partition: number; subjects: Subject[] }[] {
  const open = new Map<number, Subject[]>();
  const groups: { partition: number; subjects: Subject[] }[] = [];
  for (const subject of subjects) {
    const partition = partitionOf(subject, partitions);
    let group = open.get(partition);
    if (group === undefined || group.length >= HEADS_MAX) {
      group = [];
      open.set(partition, group);
      groups.push({ partition, subjects: group });
    }
    group.push(subject);
  }
  return groups;
}
