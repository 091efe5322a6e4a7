import type { CopyItem, CopySource, Cut } from '../../copy.ts';
import { partitionKeys } from '../../keys.ts';
import { isSubject, kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { parseRedisAddress } from '../connection/address.ts';
import { readArguments } from '../events/read-heads.ts';
import { parseHead } from '../format/head.ts';
import { parseEntry } from '../format/log-entry.ts';
import { FIRST_ID } from '../format/stream-id.ts';
import { checkMeta, readMeta } from '../setup/meta.ts';
import { cutIn } from './cut.ts';
import type { PartitionCut } from './cut.ts';
import { ledgerItems } from './ledger-items.ts';
import { openMasters, partsOfKey, timeOf } from './masters.ts';
import type { ConnectOnce, KeyParts, Master, Masters } from './masters.ts';
import { KEYS, keysOf } from './scan.ts';

/** Entries of a log that one read brings. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * Opens the store on Redis to copy it while gateways run on it. Nothing is changed.
 *
 * @param url `SCANGATE_STORE`. @throws StoreUnavailable, and Error with one line where there is no store to be copied
 */
export async function openRedisSource(url: string, connectOnce: ConnectOnce): Promise<CopySource> {
  const access = { address: parseRedisAddress(url), connectOnce };
  const first = await openMasters(access, 1);
  const meta = await readMeta(first.home.redis).finally(() => first.close());
  if (meta === undefined) throw new Error('there is no store of Scangate on this Redis');
  checkMeta(meta, undefined);
  const masters = await openMasters(access, meta.partitions);
  return {
    store: 'redis',
    partitions: meta.partitions,
    items: () => itemsOf(masters),
    close: async () => masters.close(),
  };
}

/**
 * First all heads, as they are while they are gone through. Then a cut of each partition, with the heads of what moved
 * since the beginning, which count instead of those of before, and the log up to there. At last the ledger: what is used
 * up before the cut is used up in the copy.
 */
async function* itemsOf(masters: Masters): AsyncGenerator<CopyItem, Cut, void> {
  const from = new Map<number, string>();
  for (const master of masters.all)
    for (const partition of master.partitions) from.set(partition, await lastOf(master, partition));
  for (const master of masters.all) {
    for await (const keys of keysOf(master, KEYS.heads)) yield* headsOf(master, partsOf(keys));
  }
  const cuts = new Map<number, PartitionCut>();
  for (const [partition, place] of from)
    cuts.set(partition, await cutIn(masters.of(partition), partition, place));
  const at = await timeOf(masters.home);
  for (const [partition, { last, heads }] of cuts) {
    for (const head of heads) yield { kind: 'head', head };
    yield* eventsOf(masters.of(partition), partition, last);
  }
  for (const master of masters.all) {
    for await (const keys of keysOf(master, KEYS.ledger)) yield* await ledgerItems(master, partsOf(keys));
  }
  const inOrder = [...cuts].sort(([a], [b]) => a - b);
  return { at, last: inOrder.map(([, { last }]) => last) };
}

function partsOf(keys: readonly string[]): readonly KeyParts[] {
  return keys.map(partsOfKey).filter((parts) => parts !== undefined);
}

async function lastOf(master: Master, partition: number): Promise<string> {
  const [reply] = await master.ask([['XREVRANGE', partitionKeys(partition).log, '+', '-', 'COUNT', 1]]);
  return (reply as [string][])[0]?.[0] ?? FIRST_ID;
}

async function* headsOf(master: Master, parts: readonly KeyParts[]): AsyncGenerator<CopyItem> {
  const subjects = new Map<number, Subject[]>();
  for (const { kind, partition, name } of parts) {
    if (kind !== 'head' || !isSubject(name) || kindOf(name) === 'canary') continue;
    subjects.set(partition, [...(subjects.get(partition) ?? []), name]);
  }
  const groups = [...subjects].map(([partition, some]) => ({ partition, subjects: some }));
  const replies = await master.ask(
    groups.map((group) => {
      const [name, ...words] = readArguments(group);
      return ['FCALL_RO', name, ...words] as const;
    }),
  );
  for (const [index, group] of groups.entries()) {
    const [, , ...texts] = replies[index] as [number, string | null, ...(string | null)[]];
    for (const [i, subject] of group.subjects.entries()) {
      const text = texts[i] ?? null;
      if (text !== null) yield { kind: 'head', head: parseHead(subject, text) };
    }
  }
}

async function* eventsOf(master: Master, partition: number, last: string): AsyncGenerator<CopyItem> {
  const { log } = partitionKeys(partition);
  if (last === FIRST_ID) return;
  for (let place = '-'; ;) {
    const [reply] = await master.ask([['XRANGE', log, place, last, 'COUNT', ENTRIES_AT_ONCE]]);
    const entries = reply as [string, string[]][];
    for (const [, [, text = '']] of entries) {
      const { event, after } = parseEntry(text);
      if (kindOf(event.subject) !== 'canary') yield { kind: 'event', event, after };
    }
    const end = entries.at(-1);
    if (end === undefined || entries.length < ENTRIES_AT_ONCE) return;
    place = `(${end[0]}`;
  }
}
