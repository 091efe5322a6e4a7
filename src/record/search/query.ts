import type { ToldEntry } from '../chain/entry-text.ts';
import type { Column, Facts } from '../entry/entry.ts';

/** What is looked for. Everything given must hold. */
export interface Query {
  /** A subject, or `<source>:<subject>`. */
  readonly user?: string | undefined;
  readonly client?: string | undefined;
  readonly ticket?: string | undefined;
  readonly session?: string | undefined;
  readonly address?: string | undefined;
  readonly kind?: string | undefined;
}

/** The column that is likely to have the fewest entries; undefined where all are looked at. */
export function columnOf({ user, client, ticket, session, address, kind }: Query): Column | undefined {
  if (ticket !== undefined) return { name: 'ticket', value: ticket };
  if (session !== undefined) return { name: 'session', value: session };
  if (user !== undefined) return { name: 'user', value: user };
  if (address !== undefined) return { name: 'address', value: address };
  if (client !== undefined) return { name: 'client', value: client };
  return kind === undefined ? undefined : { name: 'kind', value: kind };
}

/** Whether what an entry says of no person is what is looked for. */
export function matchesFacts(facts: Facts, query: Query): boolean {
  return (
    is(facts.ticket_id, query.ticket) &&
    is(facts.session_id, query.session) &&
    is(facts.client_id, query.client) &&
    is(facts.kind, query.kind)
  );
}

/** Whether an entry is what is looked for. */
export function matches(told: ToldEntry, query: Query): boolean {
  return (
    matchesFacts(told, query) &&
    isUser(told, query.user) &&
    (is(told.address, query.address) || told.browser?.address === query.address)
  );
}

function is(found: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || found === wanted;
}

function isUser({ user, source }: ToldEntry, wanted: string | undefined): boolean {
  return wanted === undefined || user === wanted || (user !== undefined && `${source}:${user}` === wanted);
}

/** The subject in `<source>:<subject>`; undefined where a text has no such shape. */
export function subjectIn(user: string): string | undefined {
  const colon = user.indexOf(':');
  return colon < 0 ? undefined : user.slice(colon + 1);
}
