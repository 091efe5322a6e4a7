import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Archive, Kept } from '../../record/archive.ts';
import { keyNameIn, toldEntry } from '../../record/chain/entry-text.ts';
import type { ToldEntry } from '../../record/chain/entry-text.ts';
import type { LinkedText, Place } from '../../record/chain/verification.ts';
import { BadCall } from '../bad-call.ts';

/** An entry, with what proves what it tells of a person. */
interface EntryLine extends LinkedText {
  /** The key that sealed it, in base64url; absent where nothing is sealed, or it was forgotten. */
  readonly key?: string;
  readonly told: ToldEntry;
}

/** Up to where a chain was let go; before its first entry. */
interface FloorLine {
  readonly floor: Place;
}

/** The last line: where the chains stood, and when. Without it an export was cut off. */
interface EndLine {
  readonly heads: readonly Place[];
  /** When the export began, in ISO 8601: no chain was read before. */
  readonly at: string;
}

export type ExportLine = EntryLine | FloorLine | EndLine;

/** How many entries are read at a time. */
const PAGE = 500;

/** A chain of an archive, as it is read. */
export type ChainPart =
  | { readonly kind: 'floor'; readonly place: Place }
  | { readonly kind: 'head'; readonly place: Place }
  | { readonly kind: 'entries'; readonly entries: readonly Kept[] };

/** Reads each chain of an archive: where it stands, up to where it was let go, and its entries in their order. */
export async function* chained(archive: Archive): AsyncGenerator<ChainPart, void, void> {
  for (const chain of (await archive.heads()).keys()) {
    yield { kind: 'head', place: { chain, ...(await archive.head(chain)) } };
    let page = await archive.links(chain, 0, PAGE);
    const floor = await archive.floor(chain);
    if (floor !== undefined) {
      yield { kind: 'floor', place: { chain, ...floor } };
      // It may have been let go meanwhile.
      page = page.filter(({ link }) => link > floor.link);
      if (page.length === 0) page = await archive.links(chain, floor.link + 1, PAGE);
    }
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      yield { kind: 'entries', entries: page };
      page = await archive.links(chain, last.link + 1, PAGE);
    }
  }
}

/** The lines of an export. */
export async function* exportLines(
  archive: Archive,
  now: () => number,
): AsyncGenerator<ExportLine, void, void> {
  const at = new Date(now()).toISOString();
  const ends = new Map<number, Place>();
  for await (const part of chained(archive)) {
    if (part.kind === 'head') continue;
    if (part.kind === 'floor') {
      ends.set(part.place.chain, part.place);
      yield { floor: part.place };
      continue;
    }
    const names = part.entries.map(keyNameIn);
    const keys = await archive.keys([...new Set(names)].filter((name) => name !== undefined));
    for (const [index, kept] of part.entries.entries()) {
      const { chain, link, hash, text } = kept;
      const key = keys.get(names[index] ?? '');
      ends.set(chain, { chain, link, hash });
      const shown = key === undefined ? {} : { key: key.toString('base64url') };
      yield { chain, link, hash, text, ...shown, told: toldEntry(kept, key) };
    }
  }
  yield { heads: [...ends.values()], at };
}

/** Reads an export. @throws BadCall for a line that is none of one */
export async function* linesOf(file: string): AsyncGenerator<ExportLine, void, void> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line === '') continue;
    yield lineIn(file, line);
  }
}

function lineIn(file: string, line: string): ExportLine {
  try {
    const read = JSON.parse(line) as Partial<EntryLine & FloorLine & EndLine>;
    if (Array.isArray(read.heads) || read.floor !== undefined || typeof read.text === 'string')
      return read as ExportLine;
  } catch {
    // As any other that is none.
  }
  throw new BadCall(`${file} is no export: a line is none of one`);
}

/** Whether an entry of an export tells what its text proves. */
export function isToldAsWritten({ text, key, told }: EntryLine): boolean {
  try {
    const { id } = JSON.parse(text) as ToldEntry;
    const bytes = key === undefined ? undefined : Buffer.from(key, 'base64url');
    return JSON.stringify(told) === JSON.stringify(toldEntry({ id: BigInt(id), text }, bytes));
  } catch {
    return false;
  }
}
