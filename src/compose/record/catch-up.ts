import { randomBytes, randomInt } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import type { Archive } from '../../record/archive.ts';
import { PERSON_KEY_BYTES } from '../../record/chain/sealed-person.ts';
import { MARK_MAX } from '../../record/ids/sortable-id.ts';
import { SortableIds } from '../../record/ids/sortable-ids.ts';
import { ReaderLease } from '../../record/keeping/reader-lease.ts';
import { Recorder } from '../../record/keeping/recorder.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
import { sleep } from '../../time/time.ts';
import { systemTime } from '../../time/system-time.ts';
import { makeId } from '../randomness.ts';
import type { OpenStores } from '../store/stores.ts';

/** How long gateways have to move what was written before, in milliseconds; and the pause between two looks. */
const CATCH_UP_MS = 60_000;
const LOOK_MS = 250;
/** Within this time a gateway keeps what it reports beside the log, in milliseconds. */
const REPORTS_MS = 1000;

/**
 * Kept once what was written to the stores before is in the record: on a shared store by the gateway that moves it, where one runs;
 * else it is moved here.
 *
 * @throws StoreUnavailable where the archive takes nothing, or no gateway moves it.
 */
export async function catchUp(
  config: Config,
  { outbox, store, ledger }: OpenStores,
  archive: Archive,
): Promise<void> {
  if (!recordSettings(config).isKept) return;
  const time = systemTime;
  const isShared = config.storeKind !== 'file';
  const reader = new ReaderLease({ ledger, time, token: makeId() });
  if (isShared) await reader.open();
  const recorder = new Recorder({
    outbox,
    store,
    archive,
    ids: new SortableIds({ node: () => undefined, time, randomMark: () => randomInt(MARK_MAX + 1) }),
    time,
    pauseMs: LOOK_MS,
    // What a failover took back is for gateways to say.
    graceMs: Number.POSITIVE_INFINITY,
    windowMs: 0,
    makeKey: () => randomBytes(PERSON_KEY_BYTES),
    holds: () => !isShared || reader.holds(),
    ownChain: () => undefined,
    onTurn: () => undefined,
    signHead() {
      throw new Error('what catches up signs nothing');
    },
  });
  try {
    const ends = await Promise.all(
      outbox.partitions.map(async (partition) => [partition, await outbox.end(partition)] as const),
    );
    const until = time.now() + CATCH_UP_MS;
    for (;;) {
      await recorder.moved();
      const read = await Promise.all(
        ends.map(async ([partition, end]) => end === undefined || (await outbox.isReadTo(partition, end))),
      );
      if (read.every(Boolean)) break;
      if (time.now() > until) throw new StoreUnavailable('the record is behind what happened, and stays so');
      await sleep(time, LOOK_MS);
    }
    if (isShared) await sleep(time, REPORTS_MS);
  } finally {
    if (isShared) await reader.close();
  }
}
