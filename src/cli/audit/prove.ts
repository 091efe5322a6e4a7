import { readFileSync } from 'node:fs';
import { openArchiveToRead } from '../../compose/record/archives.ts';
import { toolConfig } from '../tool-config.ts';
import type { Archive } from '../../record/archive.ts';
import type { RecordKeyJwk } from '../../record/chain/signed-head.ts';
import { Verification } from '../../record/chain/verification.ts';
import type { Break, Place, Waiting } from '../../record/chain/verification.ts';
import type { Facts } from '../../record/entry/entry.ts';
import { keysIn } from '../../record/search/keys.ts';
import { opened } from '../../record/search/search.ts';
import { BadCall } from '../bad-call.ts';
import { counted } from '../counted.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import type { AuditGiven } from './audit-given.ts';
import { chained, exportLines, isToldAsWritten, linesOf } from './export-lines.ts';
import type { ExportLine } from './export-lines.ts';
import { proveReceipt, receiptIn } from './prove-receipt.ts';

/** `audit verify` and `audit export`. @throws BadCall, StoreRefused where there is no record */
export async function prove(
  what: string,
  file: string | undefined,
  given: AuditGiven,
  terminal: Terminal,
): Promise<Status> {
  checkCall(what, file, given);
  if (what === 'verify' && file !== undefined) {
    const receipt = receiptIn(file);
    return receipt === undefined
      ? await verifyExport(file, given, terminal)
      : await proveReceipt(receipt, given, terminal);
  }
  const archive = await openArchiveToRead(toolConfig());
  try {
    return what === 'export' ? await writeExport(archive) : await verifyArchive(archive, given, terminal);
  } finally {
    await archive.close();
  }
}

function checkCall(what: string, file: string | undefined, given: AuditGiven): void {
  if (what !== 'verify' && what !== 'export') throw new BadCall(`${what} is neither verify nor export`);
  if (what === 'export' && file !== undefined)
    throw new BadCall('export writes to standard output: scangate audit export > <file>');
  const taken = what === 'verify' ? ['json', 'keys', 'heads'] : ['json'];
  const surplus = Object.keys(given).find((name) => !taken.includes(name));
  if (surplus !== undefined) throw new BadCall(`${what} takes no --${surplus}: it is of the whole record`);
}

async function writeExport(archive: Archive): Promise<Status> {
  for await (const line of exportLines(archive, Date.now)) process.stdout.write(`${JSON.stringify(line)}\n`);
  return STATUS.done;
}

async function verifyArchive(archive: Archive, given: AuditGiven, terminal: Terminal): Promise<Status> {
  const keys = trusted(given) ?? (await keysIn(archive)).map(({ key }) => key);
  const verification = new Verification(keys, anchorsOf(given));
  const told = new Told(verification, terminal);
  const readAt = Date.now();
  for await (const part of chained(archive)) {
    if (part.kind === 'head') verification.expect(part.place);
    else if (part.kind === 'floor') told.breaks(verification.begin(part.place));
    else {
      for (const kept of part.entries) told.breaks(verification.next(kept));
      told.erased += (await opened(archive, part.entries)).filter(({ erased }) => erased === true).length;
    }
  }
  return told.end(readAt);
}

async function verifyExport(file: string, given: AuditGiven, terminal: Terminal): Promise<Status> {
  const keys = trusted(given) ?? (await keysOfExport(file));
  const verification = new Verification(keys, anchorsOf(given));
  const told = new Told(verification, terminal);
  let exportedAt: number | undefined;
  for await (const line of linesOf(file)) {
    if ('heads' in line) {
      line.heads.forEach((place) => verification.expect(place));
      exportedAt = Date.parse(line.at);
    } else told.breaks(breaksOf(verification, line));
    if ('told' in line && line.told.erased === true) told.erased += 1;
  }
  if (exportedAt === undefined) told.breaks([CUT_OFF]);
  return told.end(exportedAt ?? 0);
}

const CUT_OFF: Break = {
  chain: 0,
  link: 0,
  what: 'dropped',
  detail: 'the export has no last line with its heads: it was cut off',
};

function breaksOf(
  verification: Verification,
  line: Exclude<ExportLine, { heads: unknown }>,
): readonly Break[] {
  if ('floor' in line) return verification.begin(line.floor);
  const breaks = verification.next(line);
  if (breaks.length > 0 || isToldAsWritten(line)) return breaks;
  const { chain, link } = line;
  return [{ chain, link, what: 'altered', detail: 'what is told of it is not what its text proves' }];
}

async function keysOfExport(file: string): Promise<readonly RecordKeyJwk[]> {
  const keys = new Map<string, RecordKeyJwk>();
  for await (const line of linesOf(file)) {
    if (!('text' in line) || !line.text.includes('"record_key"')) continue;
    const { key } = JSON.parse(line.text) as Facts;
    if (key !== undefined) keys.set(key.kid, key);
  }
  return [...keys.values()];
}

function trusted({ keys }: AuditGiven): readonly RecordKeyJwk[] | undefined {
  if (keys === undefined) return undefined;
  return (JSON.parse(readFileSync(keys, 'utf8')) as { readonly keys: readonly RecordKeyJwk[] }).keys;
}

/** Where the chains stood once: the last line of an export, or of what `verify --json` said. */
function anchorsOf({ heads }: AuditGiven): readonly Place[] {
  if (heads === undefined) return [];
  const last = readFileSync(heads, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const wrong = new BadCall(
    `${heads} names no heads: the last line is neither an export’s nor that of verify --json`,
  );
  try {
    const { heads: places } = JSON.parse(last) as { readonly heads?: readonly Place[] };
    if (Array.isArray(places) && places.length > 0) return places;
  } catch {
    throw wrong;
  }
  throw wrong;
}

function waitingText(waiting: readonly Waiting[]): string {
  const entries = waiting.reduce((sum, one) => sum + one.entries, 0);
  const oldest = Math.max(...waiting.map(({ age_s }) => age_s));
  const chains = waiting.map(({ chain }) => chain).join(', ');
  return `not signed yet: ${entries} ${entries === 1 ? 'entry' : 'entries'} at the end of chain ${chains}, the oldest ${oldest} s old`;
}

/** What a verification found, as it is told. */
class Told {
  readonly #verification: Verification;
  readonly #terminal: Terminal;
  #breaks = 0;
  erased = 0;

  constructor(verification: Verification, terminal: Terminal) {
    this.#verification = verification;
    this.#terminal = terminal;
  }

  breaks(breaks: readonly Break[]): void {
    for (const found of breaks) {
      const { chain, link, what, detail } = found;
      this.#terminal.say(`chain ${chain}, link ${link}: ${what.replaceAll('_', ' ')}: ${detail}\n`);
      this.#terminal.tell({ break: found });
    }
    this.#breaks += breaks.length;
  }

  /** @param readAt when the chains began to be read, in milliseconds since the epoch. */
  end(readAt: number): Status {
    this.breaks(this.#verification.end(readAt));
    const waiting = this.#verification.waiting(readAt);
    if (waiting.length > 0) this.#terminal.say(`${waitingText(waiting)}\n`);
    return this.#sum(waiting);
  }

  #sum(waiting: readonly Waiting[]): Status {
    const { entries, signed, places: heads } = this.#verification;
    const breaks = this.#breaks;
    const { erased } = this;
    const covered = [...signed].map(([chain, link]) => `chain ${chain} up to link ${link}`).join(', ');
    this.#terminal.say(
      `${counted(entries, 'entry', 'entries')}, ${counted(breaks, 'break')}, ${erased} erased; signed: ${covered || 'nothing'}\n`,
    );
    this.#terminal.tell({ entries, breaks, erased, signed: Object.fromEntries(signed), waiting, heads });
    return breaks === 0 ? STATUS.done : STATUS.failed;
  }
}
