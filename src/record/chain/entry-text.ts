import type { Entry, Facts, Personal } from '../entry/entry.ts';
import { instantOf, nodeOf } from '../ids/sortable-id.ts';
import type { SortableId } from '../ids/sortable-id.ts';
import { openedPerson, sealedPerson } from './sealed-person.ts';

/** An audit event as it is told: `scangate audit --json`, `GET /v1/audit`. */
export interface ToldEntry extends Facts, Personal {
  /** Decimal. */
  readonly id: string;
  /** ISO 8601, to the millisecond. */
  readonly at: string;
  /** The number of the node that wrote it. */
  readonly node: number;
  /** What it said of a person was forgotten. */
  readonly erased?: true;
}

/** What an entry that was read says of a person; nothing where that was forgotten. */
export function personalIn({
  user,
  source,
  issuer,
  name,
  address,
  agent,
  place,
  browser,
}: ToldEntry): Personal {
  const all = { user, source, issuer, name, address, agent, place, browser };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The text of an entry. `sealed` comes last, and is not there where nothing is told of a person. */
type Written = Facts & {
  readonly id: string;
  readonly at: string;
  readonly node: number;
  readonly sealed?: string;
};

/** An entry as it is kept. */
export interface KeptText {
  readonly id: SortableId;
  readonly text: string;
}

/** The name of the key that seals an entry: a ticket's entries have one key, any other has its own. */
export function keyNameOf({ id, facts }: Pick<Entry, 'id' | 'facts'>): string {
  return facts.ticket_id ?? `e${id}`;
}

/** Whether an entry tells of a person at all. */
export function isPersonal({ personal }: Pick<Entry, 'personal'>): boolean {
  return Object.keys(personal).length > 0;
}

/** Writes an entry: what the chain covers. @param key needed where it {@link isPersonal}. */
export function entryText(entry: Entry, key: Buffer | undefined): string {
  const { id, facts, personal } = entry;
  const written: Written = {
    id: id.toString(),
    at: instantOf(id),
    node: nodeOf(id),
    ...facts,
    ...(key === undefined ? {} : { sealed: sealedPerson(key, id, personal) }),
  };
  return JSON.stringify(written);
}

/** An entry that was read, sealed as it is. */
export interface SealedEntry {
  /** Of the key that it needs; undefined where it needs none. */
  readonly keyName: string | undefined;
  /** @param key the one that sealed it; undefined: it is gone. */
  told(key: Buffer | undefined): ToldEntry;
}

export function readEntry({ id, text }: KeptText): SealedEntry {
  const { sealed, ...facts } = JSON.parse(text) as Written;
  if (sealed === undefined) return { keyName: undefined, told: () => facts };
  return {
    keyName: keyNameOf({ id, facts }),
    told(key) {
      const personal = key === undefined ? undefined : openedPerson(key, id, sealed);
      return personal === undefined ? { ...facts, erased: true } : { ...facts, ...personal };
    },
  };
}

/** The name of the key that a kept entry needs; undefined where it needs none. */
export function keyNameIn(kept: KeptText): string | undefined {
  return readEntry(kept).keyName;
}

/** Reads an entry. @param key the one that sealed it; undefined: it is gone. */
export function toldEntry(kept: KeptText, key: Buffer | undefined): ToldEntry {
  return readEntry(kept).told(key);
}
