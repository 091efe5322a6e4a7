import { openArchiveToRead } from '../../compose/record/archives.ts';
import { toolConfig } from '../tool-config.ts';
import type { Archive } from '../../record/archive.ts';
import { BadSearch, PAGE_MAX, askedIn } from '../../record/search/asked.ts';
import { beginningOf } from '../../record/search/beginning.ts';
import { search } from '../../record/search/search.ts';
import type { Search } from '../../record/search/search.ts';
import { isTicketName } from '../../secrets/ticket-names.ts';
import { BadCall } from '../bad-call.ts';
import type { AuditGiven } from './audit-given.ts';
import { STATUS } from '../terminal.ts';
import type { Status, Terminal } from '../terminal.ts';
import { entryLine } from './entry-line.ts';

/** Shows what is found in the record of the environment. @throws BadCall, StoreRefused where there is no record */
export async function audit(given: AuditGiven, terminal: Terminal): Promise<Status> {
  const asked = askedOf(given);
  const archive = await openArchiveToRead(toolConfig());
  try {
    const newest = given.last === undefined ? Number.POSITIVE_INFINITY : Number(given.last);
    await show(archive, asked, newest, terminal);
    const since = await beginningOf(archive);
    if (since !== undefined) {
      terminal.say(`older entries were let go of: the record goes back to ${since}\n`);
      terminal.remark({ record_since: since });
    }
    return STATUS.done;
  } finally {
    await archive.close();
  }
}

async function show(archive: Archive, asked: Search, max: number, { say, tell }: Terminal): Promise<void> {
  let page = { ...asked, limit: Math.min(max, PAGE_MAX) };
  for (let left = max; ;) {
    const { events, next } = await search(archive, page);
    for (const event of events) {
      say(`${entryLine(event)}\n`);
      tell(event);
    }
    left -= events.length;
    if (next === undefined || left <= 0) return;
    page = { ...page, limit: Math.min(left, PAGE_MAX), [asked.newestFirst ? 'before' : 'after']: next };
    // Standard output may be a pipe that is read slowly.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The options' names, and those of a search. */
const NAMES = {
  user: 'user',
  client: 'client_id',
  ticket: 'ticket_id',
  session: 'session_id',
  address: 'address',
  kind: 'kind',
  since: 'since',
  until: 'until',
} as const;

function askedOf(given: AuditGiven): Search {
  if (given.ticket !== undefined && isTicketName(given.ticket))
    throw new BadCall(`--ticket is a ticket’s id, which \`scangate timeline ${given.ticket}\` shows`);
  const query = new URLSearchParams();
  for (const [option, name] of Object.entries(NAMES)) {
    const value = given[option as keyof typeof NAMES];
    if (value !== undefined) query.set(name, value);
  }
  if (given.last !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(given.last)) throw new BadCall('--last is a number from 1');
    query.set('order', 'newest');
  }
  try {
    return askedIn(query, Date.now());
  } catch (error) {
    throw error instanceof BadSearch ? new BadCall(error.message) : error;
  }
}
