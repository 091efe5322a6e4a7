import { randomBytes, randomInt } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { recordSettings } from '../../config/rooms/record.ts';
import type { Archive } from '../../record/archive.ts';
import { NODE_CHAINS } from '../../record/chain/link.ts';
import { PERSON_KEY_BYTES } from '../../record/chain/sealed-person.ts';
import { NodeLease } from '../../record/ids/node-lease.ts';
import { MARK_MAX, markedNonce } from '../../record/ids/sortable-id.ts';
import { ID_TROUBLES, SortableIds } from '../../record/ids/sortable-ids.ts';
import { forgetPerson } from '../../record/keeping/forgetting.ts';
import type { Forgettable, ForgettingOptions, ForgettingReport } from '../../record/keeping/forgetting.ts';
import { ReaderLease } from '../../record/keeping/reader-lease.ts';
import { Recorder } from '../../record/keeping/recorder.ts';
import { keepFor } from '../../record/keeping/retention.ts';
import { keepSigning } from '../../record/keeping/signing.ts';
import { entryOfSecurity } from '../../record/entry/security-entry.ts';
import { beginningOf } from '../../record/search/beginning.ts';
import { decisionsOf } from '../../record/search/history.ts';
import { search } from '../../record/search/search.ts';
import type { Found, Search } from '../../record/search/search.ts';
import type { RecordKeyJwk } from '../../record/chain/signed-head.ts';
import type { KeyRing } from '../../secrets/key-ring.ts';
import type { Time } from '../../time/time.ts';
import type { ToldEntry } from '../../record/chain/entry-text.ts';
import { systemTime } from '../../time/system-time.ts';
import type { User } from '../../ticket/events.ts';
import type { Closable } from '../assembly.ts';
import { makeId, random } from '../randomness.ts';
import type { OpenStores } from '../store/stores.ts';
import type { OpenTelling } from '../telling.ts';
import { openArchive } from './archives.ts';
import { RecordKeys } from './record-keys.ts';
import { tellRecord } from './tell-record.ts';

/** The record of a gateway: it keeps by itself what happens, and is asked. */
export interface OpenRecord extends Closable {
  /** The nonce of a new event's cursor: it carries the part of the audit event's id that is this node's. */
  makeNonce(): string;
  readonly kept: KeptRecord;
  readonly read: ReadRecord;
}

/** What was kept, for whoever follows it entry by entry. */
export interface ReadRecord {
  readonly archive: Archive;
  /** Whether this node is the one that moves the log's events into the record, and so reads it for others. */
  readonly holds: () => boolean;
  /** Hears that something was kept. */
  onKept(listener: () => void): void;
}

/** What was kept, for those who ask. */
export interface KeptRecord {
  /** One page of what is looked for, all that was written before the question included. */
  search(asked: Search): Promise<Found>;
  /** How far back it goes, in ISO 8601; undefined where nothing was let go of. */
  beginning(): Promise<string | undefined>;
  /** Every key that the record may be signed by. */
  keys(): Promise<readonly RecordKeyJwk[]>;
  /** A user's last decisions, the newest first. */
  decisionsOf(user: User, limit: number): Promise<readonly ToldEntry[]>;
  /** Kept once what was written before by this node is in the archive. @throws StoreUnavailable where it takes nothing */
  moved(): Promise<void>;
  /** Forgets a person, in all that was written before by this node. @throws ForgettingStopped, StoreUnavailable */
  forget(person: Forgettable, options: ForgettingOptions): Promise<ForgettingReport>;
}

/** A file store has one partition, and the chain of what stands in none is the same. */
const ONLY_CHAIN = 0;

/** Between two looks for events, in milliseconds. */
const PAUSE_MS = 100;
const SHARED_PAUSE_MS = 250;

/** The chain of what a node reports and stands in no partition; undefined while it has no number and others write there too. */
export function ownChainOf({ storeKind }: Config, node: number | undefined): number | undefined {
  if (storeKind === 'file') return ONLY_CHAIN;
  return node === undefined ? undefined : NODE_CHAINS + node;
}

/** What the record is made of. */
export interface RecordParts {
  readonly telling: OpenTelling;
  readonly stores: OpenStores;
  readonly ring: KeyRing;
}

/** Opens the record beside the stores. */
export async function openRecord(
  config: Config,
  { telling, stores, ring }: RecordParts,
): Promise<OpenRecord> {
  const { metrics } = telling;
  for (const outcome of ID_TROUBLES) metrics.recordIds.inc({ outcome }, 0);
  const time = systemTime;
  const lease = new NodeLease({ ledger: stores.ledger, time, random, token: makeId() });
  const ids = new SortableIds({
    node: lease.node,
    time,
    randomMark: () => randomInt(MARK_MAX + 1),
    onTrouble: (trouble) => metrics.recordIds.inc({ outcome: trouble }),
  });
  const makeNonce = (): string => markedNonce(randomBytes(6).readUIntBE(0, 6) / 64, ids.mark());
  await lease.open();
  const reader = new ReaderLease({ ledger: stores.ledger, time, token: makeId() });
  const { isKept, keepMs, graceMs, windowMs } = recordSettings(config);
  const isShared = config.storeKind !== 'file';
  if (isShared) await reader.open();
  let onKept = (): void => undefined;
  const onTurn = tellRecord({ ...telling, now: () => systemTime.now() }, () => onKept());
  const holds = (): boolean => isKept && (!isShared || reader.holds());
  const keys = new RecordKeys(ring, time);
  const archive = await openArchive(config, stores, (count) => onTurn({ kind: 'dropped', count }));
  const recorder = new Recorder({
    outbox: stores.outbox,
    store: stores.store,
    archive,
    ids,
    time,
    pauseMs: isShared ? SHARED_PAUSE_MS : PAUSE_MS,
    graceMs,
    windowMs,
    makeKey: () => randomBytes(PERSON_KEY_BYTES),
    holds,
    ownChain: () => ownChainOf(config, lease.node()),
    onTurn,
    signHead: keys.signHead,
  });
  const endKeeping = keepFor(archive, keepMs, time, (err) =>
    telling.log.error({ err }, 'old entries of the record cannot be let go of: they stay'),
  );
  const endMoving = isKept ? moving(recorder, { keys, telling, time }) : () => Promise.resolve();
  return {
    makeNonce,
    read: { archive, holds, onKept: (listener) => (onKept = listener) },
    kept: keptRecord(recorder, archive, keys),
    async close() {
      endKeeping();
      await endMoving();
      await archive.close();
      if (isShared) await reader.close();
      await lease.close();
    },
  };
}

function keptRecord(recorder: Recorder, archive: Archive, keys: RecordKeys): KeptRecord {
  return {
    keys: () => keys.published(archive),
    async search(asked) {
      await recorder.settle();
      return await search(archive, asked);
    },
    beginning: () => beginningOf(archive),
    async decisionsOf(user, limit) {
      await recorder.settle();
      return await decisionsOf(archive, user, limit);
    },
    moved: () => recorder.moved(),
    async forget(person, options) {
      await recorder.moved();
      return await forgetPerson(archive, person, options);
    },
  };
}

/** Sets a record going. @returns what ends it. */
function moving(
  recorder: Recorder,
  { keys, telling, time }: { keys: RecordKeys; telling: OpenTelling; time: Time },
): () => Promise<void> {
  telling.onSecurityEvent((event) => {
    const { facts, personal } = entryOfSecurity(event);
    recorder.report(facts, personal);
  });
  recorder.open();
  const endSigning = keepSigning({
    time,
    sign: () => keys.sign(recorder),
    isToSign: () => recorder.isToSign(),
  });
  return async () => {
    endSigning();
    await keys.sign(recorder);
    await recorder.close();
  };
}
