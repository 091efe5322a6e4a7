import { randomBytes, randomInt } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import { PERSON_KEY_BYTES } from '../../record/chain/sealed-person.ts';
import { entryOfSecurity } from '../../record/entry/security-entry.ts';
import { NodeLease } from '../../record/ids/node-lease.ts';
import { MARK_MAX } from '../../record/ids/sortable-id.ts';
import { SortableIds } from '../../record/ids/sortable-ids.ts';
import { ChainWriter } from '../../record/keeping/chain-writer.ts';
import { PersonKeys } from '../../record/keeping/person-keys.ts';
import { KeyRing } from '../../secrets/key-ring.ts';
import { StoreUnavailable } from '../../store/event-store.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import { systemTime } from '../../time/system-time.ts';
import { makeId, random } from '../randomness.ts';
import type { OpenStores } from '../store/stores.ts';
import { openArchive } from './archives.ts';
import { isKnownSigner, RecordKeys } from './record-keys.ts';
import { ownChainOf } from './record.ts';

/**
 * Keeps what a command did in the record of its store, under a node number of its own, where a record is kept at all. It is
 * signed at once if the command has a secret of the gateways that write it, else with what is written behind it.
 *
 * @throws StoreUnavailable where the record takes nothing now.
 */
export async function keepCommand(config: Config, stores: OpenStores, event: SecurityEvent): Promise<void> {
  if (!recordSettings(config).isKept) return;
  const time = systemTime;
  const lease = new NodeLease({ ledger: stores.ledger, time, random, token: makeId() });
  await lease.open();
  try {
    const chain = ownChainOf(config, lease.node());
    if (chain === undefined) throw new StoreUnavailable('no node number is free for the record');
    const ids = new SortableIds({ node: lease.node, time, randomMark: () => randomInt(MARK_MAX + 1) });
    const archive = await openArchive(config, stores, () => undefined);
    try {
      const personKeys = new PersonKeys(archive, () => randomBytes(PERSON_KEY_BYTES));
      const writer = new ChainWriter(archive, chain, personKeys);
      await writer.add([{ id: await ids.next(), ...entryOfSecurity(event) }]);
      if (stores.secrets.length === 0) return;
      const ring = new KeyRing(stores.secrets);
      if (!(await isKnownSigner(ring, archive))) return;
      const { signHead } = new RecordKeys(ring, time);
      await writer.sign(async (of, head) => ({
        id: await ids.next(),
        facts: { kind: 'head', head: signHead(of, head) },
        personal: {},
      }));
    } finally {
      await archive.close();
    }
  } finally {
    await lease.close();
  }
}
