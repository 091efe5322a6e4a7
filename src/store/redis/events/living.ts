import { partitionKeys } from '../../keys.ts';
import { StoreUnavailable } from '../../event-store.ts';
import { isSubject } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import type { Link } from '../connection/link.ts';
import type { PartitionCalls } from '../connection/partition-calls.ts';

/** About how many subjects one call brings. */
const PAGE = 200;

/** How often one partition is begun again. */
const BEGINNINGS_MAX = 20;

/** Where a look is, and which opening of which link it is good for: another server, or one that started anew, counts otherwise. */
interface Place {
  readonly cursor: string;
  readonly link: Link;
  readonly opening: number;
}

/**
 * The index of deadlines, partition by partition. `ZSCAN` and not by deadline: a deadline that moves while one looks would
 * take its subject past the place. A partition whose server changes is begun again: its subjects may come twice.
 *
 * @throws StoreUnavailable where a partition's server changes again and again, too.
 */
export async function* livingSubjects(calls: PartitionCalls): AsyncGenerator<readonly Subject[]> {
  for (let partition = 0; partition < calls.partitions; partition += 1) {
    let place: Place | undefined;
    let beginnings = 0;
    do {
      const before: Place | undefined = place;
      const page = await pageOf(calls, partition, before);
      if (page.isBeginning) beginnings += 1;
      if (beginnings > BEGINNINGS_MAX)
        throw new StoreUnavailable('a server changed again and again while it was looked through');
      place = page.next;
      yield page.found;
    } while (place.cursor !== '0');
  }
}

interface Page {
  readonly isBeginning: boolean;
  readonly found: readonly Subject[];
  readonly next: Place;
}

async function pageOf(calls: PartitionCalls, partition: number, place: Place | undefined): Promise<Page> {
  const { due } = partitionKeys(partition);
  return await calls.callOn(
    (shard) => shard.control,
    partition,
    true,
    async (link) => {
      const { openings: opening } = link;
      const isBeginning = place?.link !== link || place.opening !== opening;
      const [cursor, found] = await link.redis.zscan(due, isBeginning ? '0' : place.cursor, 'COUNT', PAGE);
      const subjects = found.filter((_text, index) => index % 2 === 0).filter(isSubject);
      return { isBeginning, found: subjects, next: { cursor, link, opening } };
    },
  );
}
