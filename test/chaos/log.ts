import { parseEntry } from '../../src/store/redis/format/log-entry.ts';
import { idOf, kindOf } from '../../src/store/subject.ts';
import type { TicketStatus } from '../support/signin.ts';
import type { Redis } from '../support/redis.ts';
import type { Logged } from '../support/oracle.ts';

/** One event as the store's own log has it. */
export interface LogLine extends Logged {
  /** The store's stamp, in milliseconds since the epoch. */
  readonly at: number;
  /** Who scanned, where it is a scan. */
  readonly user?: string;
}

/** Every ticket's events, in the log's order. */
export type TicketLog = ReadonlyMap<string, readonly LogLine[]>;

const PAGE = 500;
const STATUS: Readonly<Record<string, TicketStatus>> = {
  minted: 'pending',
  scanned: 'scanned',
  confirmed: 'confirmed',
  denied: 'denied',
  cancelled: 'cancelled',
  expired: 'expired',
  redeemed: 'redeemed',
};

/** Reads all partitions at the servers that hold them now, past every gateway: what is true in the end. */
export async function readTicketLog(masters: readonly Redis[]): Promise<TicketLog> {
  const log = new Map<string, LogLine[]>();
  for (const master of masters) {
    const keys = (await master.ask('KEYS', '{sg:*}log')) as readonly string[];
    for (const key of keys) await readPartition(master, key, log);
  }
  return log;
}

async function readPartition(master: Redis, key: string, log: Map<string, LogLine[]>): Promise<void> {
  for (let from = '-'; ;) {
    const page = (await master.ask('XRANGE', key, from, '+', 'COUNT', PAGE)) as readonly [string, string[]][];
    for (const [, fields] of page) takeDown(fields[1]!, log);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    from = `(${last[0]}`;
  }
}

function takeDown(text: string, log: Map<string, LogLine[]>): void {
  const { event } = parseEntry(text);
  if (kindOf(event.subject) !== 'ticket') return;
  const status = STATUS[event.type];
  if (status === undefined) throw new Error(`the log has an event of type ${event.type}`);
  const ticketId = idOf(event.subject);
  const data = JSON.parse(event.data) as { readonly user?: { readonly subject: string } };
  const line = { cursor: event.id, status, at: event.at, ...(data.user && { user: data.user.subject }) };
  const lines = log.get(ticketId);
  if (lines === undefined) log.set(ticketId, [line]);
  else lines.push(line);
}
