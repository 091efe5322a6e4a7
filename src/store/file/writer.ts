import { StoreUnavailable } from '../event-store.ts';
import { sleep } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';
import type { Subject } from '../subject.ts';
import { Draft } from './draft.ts';
import type { Environment } from './disk/environment.ts';

/** What an operation sees and does: a draft to read and change, the store's time, and a way to say what moved. */
export interface Turn {
  readonly draft: Draft;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly moved: (subject: Subject) => void;
}

export interface WriterOptions {
  readonly environment: Environment;
  readonly time: Time;
  readonly callTimeoutMs: number;
  /** Tidies up within the same commit, after everything was decided. */
  readonly tidy: (turn: Pick<Turn, 'draft' | 'now'>, operations: number) => void;
  /** Called after each commit that is on the disk. */
  readonly committed: (moved: ReadonlySet<Subject>) => void;
  /** Called after a commit that failed. */
  readonly failed: () => void;
}

/** How many operations share a commit at most. */
const GROUP_MAX = 512;
/** How many operations may wait for the next commit. */
const QUEUE_MAX = 20_000;

interface Pending {
  readonly run: (turn: Turn) => () => void;
  readonly reject: (error: unknown) => void;
  readonly cancel: () => void;
  over: boolean;
}

/**
 * Group commit. All that is asked while one commit is being flushed is decided together, one after the other on one
 * draft, and goes into the next; nothing is answered before its commit is on the disk.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #queue: Pending[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;
  #up = true;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Whether the last commit came about. */
  get up(): boolean {
    return this.#up && !this.#closed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Decides in its turn, and answers once that is durable. What the operation throws is thrown, and changes nothing.
   *
   * @throws {@link StoreUnavailable} when it takes longer than a call may, or the disk refuses, or the store is closed.
   */
  submit<T>(operation: (turn: Turn) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.reject(new StoreUnavailable('too many calls wait for the disk'));
    }
    const { time, callTimeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = {
        run: (turn) => {
          const value = operation(turn);
          return () => resolve(value);
        },
        reject,
        cancel: time.after(callTimeoutMs, () => {
          this.#up = false;
          settle(pending, () => reject(new StoreUnavailable('the disk did not answer in time')));
        }),
        over: false,
      };
      this.#queue.push(pending);
      this.#draining ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Refuses what has not begun, and waits for the commit that has, as long as a call may take. */
  async close(): Promise<void> {
    this.#closed = true;
    refuseAll(this.#queue.splice(0), new StoreUnavailable('the store is closing'));
    const { time, callTimeoutMs } = this.#options;
    const ended = new AbortController();
    await Promise.race([this.#draining, sleep(time, callTimeoutMs, ended.signal)]);
    ended.abort();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#commit(this.#queue.splice(0, GROUP_MAX).filter((pending) => !pending.over));
    }
    this.#draining = undefined;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const { environment, time, committed, failed } = this.#options;
    environment.refresh();
    const draft = new Draft(environment.get);
    const moved = new Set<Subject>();
    const now = Math.floor(time.wallNow());
    const answers: { readonly pending: Pending; readonly answer: () => void }[] = [];
    for (const pending of group) {
      const attempt = draft.attempt();
      try {
        const answer = pending.run({
          draft: attempt,
          now,
          moved: (subject) => moved.add(subject),
        });
        draft.merge(attempt);
        answers.push({ pending, answer });
      } catch (error) {
        settle(pending, () => pending.reject(error));
      }
    }
    try {
      if (draft.size > 0) {
        this.#tidy(draft, now, group.length);
        await environment.write(draft.changes());
        this.#up = true;
      }
    } catch (error) {
      this.#up = false;
      refuseAll(
        answers.map(({ pending }) => pending),
        error,
      );
      failed();
      return;
    }
    for (const { pending, answer } of answers) settle(pending, answer);
    if (moved.size > 0) committed(moved);
  }

  // A damaged record must not stop those who do not need it.
  #tidy(draft: Draft, now: number, operations: number): void {
    const attempt = draft.attempt();
    try {
      this.#options.tidy({ draft: attempt, now }, operations);
      draft.merge(attempt);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

function settle(pending: Pending, answer: () => void): void {
  pending.cancel();
  if (pending.over) return;
  pending.over = true;
  answer();
}

function refuseAll(group: readonly Pending[], error: unknown): void {
  for (const pending of group) settle(pending, () => pending.reject(error));
}
