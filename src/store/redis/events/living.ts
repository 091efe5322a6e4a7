import { partitionKeys } from '../../keys.ts';
import { isSubject } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';

/** About how many subjects one call brings. */
const PAGE = 200;

/**
 * The index of deadlines, partition by partition. `ZSCAN` and not by deadline: a deadline that moves while one looks would
 * take its subject past the place.
 */
export async function* livingSubjects(calls: PartitionCalls): AsyncGenerator<readonly Subject[]> {
  for (let partition = 0; partition < calls.partitions; partition += 1) {
    const { due } = partitionKeys(partition);
    let place = '0';
    do {
      const from = place;
      const [next, found] = await calls.callOn(
        (shard) => shard.control,
        partition,
        true,
        ({ redis }) => redis.zscan(due, from, 'COUNT', PAGE),
      );
      place = next;
      yield found.filter((_text, index) => index % 2 === 0).filter(isSubject);
    } while (place !== '0');
  }
}
