import type { ToldEvent } from '../../told-event.ts';
import type { Link } from '../connection/link.ts';

/**
 * What the event store asks of whoever knows the servers' places: may this be told? `quorum/` implements it; nothing
 * here knows who is asked.
 */
export interface Assurer {
  /**
   * Settles once what a partition's master answered before this call may be told.
   *
   * @param link over which it answered.
   * @param told the events that the answer tells of; absent: all that was written before.
   * @throws NotReplicated where a replica that must hold them does not say in time that it does; an Error after which the
   *   call may be tried again where nobody can say that the server was the master.
   */
  assure(link: Link, partition: number, told?: readonly ToldEvent[]): Promise<void>;
}
