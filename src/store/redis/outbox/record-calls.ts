import type { PartitionCalls } from '../connection/partition-calls.ts';
import type { Assurer } from '../events/assurer.ts';

type Argument = string | number;

/**
 * Scripts that are one step of the server, on keys of one hash tag: for what stands beside the log. Each names a key that is never there, so
 * that while its slot moves to another server of a Cluster none is begun on either, whichever of its keys went already: what moves waits.
 */
export interface RecordCalls {
  /** @throws StoreUnavailable */
  ask(script: string, ...args: readonly Argument[]): Promise<unknown>;
  /** The same, answered once it is as durable as the store's answers are. @throws StoreUnavailable */
  change(script: string, ...args: readonly Argument[]): Promise<unknown>;
  /** A script that names its keys and may be carried out twice. @throws StoreUnavailable */
  askOn(keys: readonly string[], script: string, ...args: readonly Argument[]): Promise<unknown>;
  /** The same, answered once it is as durable as the store's answers are. @throws StoreUnavailable */
  changeOn(keys: readonly string[], script: string, ...args: readonly Argument[]): Promise<unknown>;
}

/** The keys have the tag of partition 0. */
const PARTITION = 0;
/** No key has this name; those of the record begin with it. */
const NO_KEY = '{sg:0}record:';

export function recordCalls(calls: PartitionCalls, assurer: Assurer): RecordCalls {
  function asking(keys: readonly string[], script: string, args: readonly Argument[]): Promise<unknown> {
    return calls.call(PARTITION, true, (link) =>
      link.redis.eval(script, keys.length + 1, ...keys, NO_KEY, ...args),
    );
  }

  function changing(
    isRepeatable: boolean,
    keys: readonly string[],
    script: string,
    args: readonly Argument[],
  ): Promise<unknown> {
    return calls.call(PARTITION, isRepeatable, async (link) => {
      const reply = await link.redis.eval(script, keys.length + 1, ...keys, NO_KEY, ...args);
      await assurer.assure(link, PARTITION);
      return reply;
    });
  }

  return {
    ask: (script, ...args) => asking([], script, args),
    change: (script, ...args) => changing(false, [], script, args),
    askOn: (keys, script, ...args) => asking(keys, script, args),
    changeOn: (keys, script, ...args) => changing(true, keys, script, args),
  };
}
