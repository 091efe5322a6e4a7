import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openArchiveToRead } from '../../compose/record/archives.ts';
import { readConfig } from '../../config/config.ts';
import type { Archive, Kept } from '../../record/archive.ts';
import type { RecordKeyJwk } from '../../record/chain/signed-head.ts';
import { Verification } from '../../record/chain/verification.ts';
import type { LinkedText } from '../../record/chain/verification.ts';
import type { Facts } from '../../record/entry/entry.ts';
import { keysIn } from '../../record/search/keys.ts';
import { opened } from '../../record/search/search.ts';
import { BadCall } from '../bad-call.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import type { AuditGiven } from './audit-given.ts';

/** How many entries are read at a time. */
const PAGE = 500;

/** `audit verify` and `audit export`. @throws BadCall, StoreRefused where there is no record */
export async function prove(
  what: string,
  file: string | undefined,
  given: AuditGiven,
  terminal: Terminal,
): Promise<Status> {
  if (what === 'verify' && file !== undefined) return await verifyExport(file, given, terminal);
  if (what !== 'verify' && what !== 'export') throw new BadCall(`${what} is neither verify nor export`);
  const archive = await openArchiveToRead(readConfig(process.env, false));
  try {
    return what === 'export'
      ? await writeExport(archive)
      : await verifyArchive(archive, trusted(given) ?? (await keysIn(archive)), terminal);
  } finally {
    await archive.close();
  }
}

async function* chained(archive: Archive): AsyncGenerator<readonly Kept[], void, void> {
  for (const chain of await archive.chains()) {
    for (let from = 0; ;) {
      const page = await archive.links(chain, from, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      yield page;
      from = last.link + 1;
    }
  }
}

async function writeExport(archive: Archive): Promise<Status> {
  for await (const page of chained(archive)) {
    const told = await opened(archive, page);
    for (const [index, { chain, link, hash, text }] of page.entries())
      process.stdout.write(`${JSON.stringify({ chain, link, hash, text, told: told[index] })}\n`);
  }
  return STATUS.done;
}

async function verifyArchive(
  archive: Archive,
  keys: readonly RecordKeyJwk[],
  terminal: Terminal,
): Promise<Status> {
  const verification = new Verification(keys);
  let breaks = 0;
  let erased = 0;
  for await (const page of chained(archive)) {
    for (const kept of page) breaks += tellBreaks(verification, kept, terminal);
    erased += (await opened(archive, page)).filter((told) => told.erased === true).length;
  }
  return summed(verification, breaks, erased, terminal);
}

async function verifyExport(file: string, given: AuditGiven, terminal: Terminal): Promise<Status> {
  const keys = trusted(given) ?? (await keysOfExport(file));
  const verification = new Verification(keys);
  let breaks = 0;
  for await (const line of linesOf(file)) breaks += tellBreaks(verification, line, terminal);
  return summed(verification, breaks, 0, terminal);
}

async function keysOfExport(file: string): Promise<readonly RecordKeyJwk[]> {
  const keys = new Map<string, RecordKeyJwk>();
  for await (const { text } of linesOf(file)) {
    if (!text.includes('"record_key"')) continue;
    const { key } = JSON.parse(text) as Facts;
    if (key !== undefined) keys.set(key.kid, key);
  }
  return [...keys.values()];
}

async function* linesOf(file: string): AsyncGenerator<LinkedText, void, void> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line === '') continue;
    try {
      yield JSON.parse(line) as LinkedText;
    } catch {
      throw new BadCall(`${file} is no export: a line is no JSON`);
    }
  }
}

function trusted({ keys }: AuditGiven): readonly RecordKeyJwk[] | undefined {
  if (keys === undefined) return undefined;
  return (JSON.parse(readFileSync(keys, 'utf8')) as { readonly keys: readonly RecordKeyJwk[] }).keys;
}

function tellBreaks(verification: Verification, entry: LinkedText, { say, tell }: Terminal): number {
  const breaks = verification.next(entry);
  for (const found of breaks) {
    say(`chain ${found.chain}, link ${found.link}: ${found.what.replaceAll('_', ' ')}: ${found.detail}\n`);
    tell({ break: found });
  }
  return breaks.length;
}

function summed(verification: Verification, breaks: number, erased: number, { say, tell }: Terminal): Status {
  const { entries, signed } = verification;
  const covered = [...signed].map(([chain, link]) => `chain ${chain} up to link ${link}`).join(', ');
  say(`${entries} entries, ${breaks} breaks, ${erased} erased; signed: ${covered || 'nothing'}\n`);
  tell({ entries, breaks, erased, signed: Object.fromEntries(signed) });
  return breaks === 0 ? STATUS.done : STATUS.failed;
}
