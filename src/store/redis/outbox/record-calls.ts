import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Assurer } from '../events/assurer.ts';

type Argument = string | number;

/** Scripts that are one step of the server, on keys of one hash tag: for what stands beside the log. */
export interface RecordCalls {
  /** @throws StoreUnavailable */
  ask(script: string, ...args: readonly Argument[]): Promise<unknown>;
  /** The same, answered once it is as durable as the store's answers are. @throws StoreUnavailable */
  change(script: string, ...args: readonly Argument[]): Promise<unknown>;
}

/** The keys have the tag of partition 0. */
const PARTITION = 0;
const ANY_KEY = '{sg:0}record:';

export function recordCalls(calls: PartitionCalls, assurer: Assurer): RecordCalls {
  return {
    ask: (script, ...args) =>
      calls.call(PARTITION, true, (link) => link.redis.eval(script, 1, ANY_KEY, ...args)),
    change: (script, ...args) =>
      calls.call(PARTITION, false, async (link) => {
        const reply = await link.redis.eval(script, 1, ANY_KEY, ...args);
        await assurer.assure(link, PARTITION);
        return reply;
      }),
  };
}
