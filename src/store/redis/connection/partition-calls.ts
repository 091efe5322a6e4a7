import type { Time } from '../../../time/time.ts';
import { callThrough } from './call.ts';
import type { Link } from './link.ts';
import type { Shard, Shards } from './shard.ts';

/** Calls by partition: each goes to whichever master has the partition at that moment. */
export interface PartitionCalls {
  readonly partitions: number;
  /**
   * One call over the writer of the partition's master.
   *
   * @param repeatable whether it may be sent again where it may have been carried out already.
   * @throws StoreUnavailable when it did not get through in time.
   */
  call<T>(partition: number, repeatable: boolean, run: (link: Link) => Promise<T>): Promise<T>;
  /** The same over another of the master's connections. @throws StoreUnavailable */
  callOn<T>(
    choose: (shard: Shard) => Link,
    partition: number,
    repeatable: boolean,
    run: (link: Link) => Promise<T>,
  ): Promise<T>;
}

/** Where the calls go, and how long each may take. */
export interface PartitionCallsOptions {
  readonly shards: Shards;
  readonly partitions: number;
  readonly time: Time;
  readonly timeoutMs: number;
  /** Brings a server its functions, where it says that they are missing. */
  readonly onLibraryGone: (link: Link) => Promise<void>;
}

/** Makes the calls by partition over all masters. */
export function makePartitionCalls(options: PartitionCallsOptions): PartitionCalls {
  const { shards, partitions, time, timeoutMs, onLibraryGone } = options;
  const callOn: PartitionCalls['callOn'] = (choose, partition, repeatable, run) =>
    callThrough(
      {
        link: () => {
          const shard = shards.of(partition);
          return shard === undefined ? undefined : choose(shard);
        },
        onMoved: () => shards.refresh(),
        onLibraryGone,
      },
      time,
      { timeoutMs, repeatable },
      run,
    );
  return {
    partitions,
    callOn,
    call: (partition, repeatable, run) => callOn((shard) => shard.writer, partition, repeatable, run),
  };
}
