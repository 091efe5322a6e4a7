import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { KINDS } from '../entry/kinds.ts';
import { idOf, readId } from '../ids/sortable-id.ts';
import type { Search } from './search.ts';

/** How many events a page has, by default and at most. */
export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1000;

/** What may be asked for, by the names of a query. */
export const SEARCH_NAMES = [
  'user',
  'client_id',
  'ticket_id',
  'session_id',
  'address',
  'kind',
  'since',
  'until',
  'after',
  'before',
  'order',
  'limit',
] as const;

export type SearchName = (typeof SEARCH_NAMES)[number];

/** A value that cannot be what it should. */
export class BadSearch extends Error {
  override readonly name = 'BadSearch';
  readonly field: string;

  constructor(field: string, what: string) {
    super(`${field} ${what}`);
    this.field = field;
  }
}

/**
 * Reads what is asked for from a query.
 *
 * @throws {@link BadSearch} for a name that there is not, one given twice, or a value that is none of its kind.
 */
export function askedIn(query: URLSearchParams, wallNow: number): Search {
  for (const name of query.keys()) {
    if (!SEARCH_NAMES.includes(name as SearchName)) throw new BadSearch(name, 'is no parameter');
    if (query.getAll(name).length > 1) throw new BadSearch(name, 'is given twice');
  }
  const text = (name: SearchName): string | undefined => query.get(name) ?? undefined;
  const order = text('order') ?? 'oldest';
  if (order !== 'oldest' && order !== 'newest') throw new BadSearch('order', 'is oldest or newest');
  const since = bound('since', text('since'), wallNow);
  const until = bound('until', text('until'), wallNow);
  return {
    user: text('user'),
    client: text('client_id'),
    ticket: text('ticket_id'),
    session: text('session_id'),
    address: addressIn(text('address')),
    kind: kindIn(text('kind')),
    after: larger(idIn('after', text('after')), since === undefined ? undefined : since - 1n),
    before: smaller(idIn('before', text('before')), until),
    newestFirst: order === 'newest',
    limit: limitIn(text('limit')),
  };
}

/** An address in the one way in which the record writes it. */
function addressIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (isIP(text) === 0) throw new BadSearch('address', 'is no IP address');
  return ipaddr.process(text).toString();
}

function kindIn(text: string | undefined): string | undefined {
  if (text !== undefined && !KINDS.includes(text))
    throw new BadSearch('kind', `is none of ${KINDS.join(', ')}`);
  return text;
}

function idIn(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const id = readId(text);
  if (id === undefined) throw new BadSearch(name, 'is no id: a decimal number');
  return id;
}

/** The first id of an instant, or of a time as long ago as a duration. */
function bound(name: string, text: string | undefined, wallNow: number): bigint | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : wallNow - agoMs(text);
  if (Number.isNaN(at))
    throw new BadSearch(name, 'is neither a time such as 2026-01-31T12:00:00Z nor a duration such as P1D');
  return idOf(at, 0);
}

const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1000] as const;

/** A duration of ISO 8601 in weeks, days, hours, minutes and seconds; NaN for anything else. */
function agoMs(text: string): number {
  const parts = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
    text,
  );
  if (parts === null) return Number.NaN;
  return UNITS_MS.reduce((sum, unit, index) => sum + unit * Number(parts[index + 1] ?? 0), 0);
}

function limitIn(text: string | undefined): number {
  if (text === undefined) return PAGE_DEFAULT;
  const limit = Number(text);
  if (!/^\d{1,6}$/.test(text) || limit < 1 || limit > PAGE_MAX)
    throw new BadSearch('limit', `is a number from 1 to ${PAGE_MAX}`);
  return limit;
}

function larger(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

function smaller(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
