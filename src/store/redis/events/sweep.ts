import { partitionKeys } from '../../keys.ts';
import type { Subject } from '../../subject.ts';
import { isSubject } from '../../subject.ts';
import { verdictOf } from '../connection/reply-error.ts';
import type { Session } from './session.ts';
import { LOG_SLACK_MS, TRIM_EVERY_MS } from '../redis-settings.ts';
import type { Shard } from '../connection/shard.ts';

/** The most that one sweep brings. */
const DUE_MAX = 200;

/** Finds what is due, and now and then lets go of log that nobody needs any more. */
export class Sweep {
  readonly #session: Session;
  #trimmedAt: number;

  constructor(session: Session) {
    this.#session = session;
    this.#trimmedAt = session.clock() - TRIM_EVERY_MS * session.random();
  }

  async due(limit: number): Promise<readonly Subject[]> {
    const bound = Math.max(0, Math.min(limit, DUE_MAX));
    const { shards, random } = this.#session;
    const found = await this.#dueOfAll(shards.all, bound);
    if (this.#session.clock() - this.#trimmedAt > TRIM_EVERY_MS) await this.#trim();
    if (found.length <= bound) return found;
    const start = Math.floor(random() * found.length);
    return [...found.slice(start), ...found.slice(0, start)].slice(0, bound);
  }

  /** What the masters that answer have. @throws StoreUnavailable where none does. */
  async #dueOfAll(shards: readonly Shard[], limit: number): Promise<Subject[]> {
    const answers = await Promise.allSettled(shards.map((shard) => this.#dueOf(shard, limit)));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined && answers.every((answer) => answer.status === 'rejected')) throw failed.reason;
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  async #dueOf(shard: Shard, limit: number): Promise<Subject[]> {
    const lists = await this.#onEach(shard, (pipeline, partition) => {
      const { due, grace } = partitionKeys(partition);
      pipeline.fcall_ro('sg2_due', 2, due, grace, limit);
    });
    return (lists as (string[] | undefined)[]).flatMap((list) => list ?? []).filter(isSubject);
  }

  async #trim(): Promise<void> {
    this.#trimmedAt = this.#session.clock();
    const { lifeMaxMs, historyMs, rewindMs } = this.#session.settings;
    const keepMs = lifeMaxMs + historyMs + rewindMs + LOG_SLACK_MS;
    for (const shard of this.#session.shards.all) {
      await this.#onEach(shard, (pipeline, partition) => {
        const { log, firsts, due, keep } = partitionKeys(partition);
        pipeline.fcall('sg2_trim', 4, log, firsts, due, keep, keepMs, historyMs, LOG_SLACK_MS);
      });
    }
  }

  async #onEach(shard: Shard, add: (pipeline: Pipeline, partition: number) => void): Promise<unknown[]> {
    const first = shard.partitions[0];
    if (first === undefined) return [];
    return this.#session.callOn(
      () => shard.control,
      first,
      true,
      async (link) => {
        const pipeline = link.redis.pipeline();
        for (const partition of shard.partitions) add(pipeline, partition);
        const results = (await pipeline.exec()) ?? [];
        return results.map(([error, reply]) => {
          if (error === null) return reply;
          if (verdictOf(error) !== 'moved') throw error;
          this.#session.shards.refresh();
          return undefined;
        });
      },
    );
  }
}

type Pipeline = ReturnType<Shard['control']['redis']['pipeline']>;
