import ipaddr from 'ipaddr.js';
import { Temporal } from '@js-temporal/polyfill';
import { isSubject, sessionSubject } from '../../store/subject.ts';
import type { User } from '../../ticket/events.ts';

/** What is to be ended, as an operator says it. All that is said must hold; something must be. */
export interface AskedSelection {
  readonly ticket?: string | undefined;
  /** A session's `sid`. */
  readonly session?: string | undefined;
  /** `<source>:<subject>`, such as `demo:alice`. */
  readonly user?: string | undefined;
  /** A `client_id`. */
  readonly client?: string | undefined;
  /** The browser's address, or a network in CIDR notation. */
  readonly address?: string | undefined;
  /** What began at this time or later: an instant in ISO 8601, or a duration such as `PT2H`, counted back from now. */
  readonly since?: string | undefined;
  /** What began earlier than this. */
  readonly before?: string | undefined;
}

/** The same, read. Times in milliseconds since the epoch. */
export interface Selection {
  readonly ticketId?: string;
  readonly sid?: string;
  readonly user?: Pick<User, 'source' | 'subject'>;
  readonly clientId?: string;
  readonly isThere?: (address: string) => boolean;
  readonly since?: number;
  readonly before?: number;
  /** Whether it is all of a user: then nothing of theirs that is confirmed may open any more, and their page sessions end. */
  readonly isWholeUser: boolean;
}

/** What is known of a session, or a ticket, when it is looked at. */
export interface Candidate {
  readonly ticketId: string;
  /** Undefined: it is no session. */
  readonly sid?: string | undefined;
  /** Who signs in; undefined while nobody has scanned. */
  readonly user?: User | undefined;
  readonly clientId: string;
  /** The browser's address. */
  readonly address: string;
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
}

/** Why what an operator said is no selection. */
export class BadSelection extends Error {
  override readonly name = 'BadSelection';
}

/** Reads a selection. @param now milliseconds since the epoch. @throws {@link BadSelection} with one line. */
export function readSelection(asked: AskedSelection, now: number): Selection {
  const { ticket, session, user, client, address, since, before } = asked;
  const said = Object.values({ ticket, session, user, client, address, since, before }).filter(
    (one) => one !== undefined,
  );
  if (said.length === 0)
    throw new BadSelection(
      'say what: by ticket, session, user, client, address, or since and before which time',
    );
  if (said.includes('')) throw new BadSelection('an empty text selects nothing');
  return {
    ...(ticket === undefined ? {} : { ticketId: ticket }),
    ...(session === undefined ? {} : { sid: sidOf(session) }),
    ...(user === undefined ? {} : { user: userIn(user) }),
    ...(client === undefined ? {} : { clientId: client }),
    ...(address === undefined ? {} : { isThere: networkOf(address) }),
    ...(since === undefined ? {} : { since: timeOf('since', since, now) }),
    ...(before === undefined ? {} : { before: timeOf('before', before, now) }),
    isWholeUser: user !== undefined && said.length === 1,
  };
}

/** Whether all that a selection says holds. */
export function isSelected(
  selection: Selection,
  { ticketId, sid, user, clientId, address, at }: Candidate,
): boolean {
  const { user: whose, isThere, since = -Infinity, before = Infinity } = selection;
  return (
    (selection.ticketId ?? ticketId) === ticketId &&
    (selection.sid ?? sid) === sid &&
    (selection.clientId ?? clientId) === clientId &&
    (whose === undefined || (user?.source === whose.source && user.subject === whose.subject)) &&
    (isThere === undefined || isThere(address)) &&
    at >= since &&
    at < before
  );
}

function sidOf(text: string): string {
  if (!isSubject(sessionSubject(text))) throw new BadSelection('a session is its sid');
  return text;
}

/** The longest subject, in UTF-16 units: no source has a user with a longer one. */
const SUBJECT_MAX = 255;

/** Who `<source>:<subject>` is. @throws {@link BadSelection} */
export function userIn(text: string): Pick<User, 'source' | 'subject'> {
  const [, source, subject] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (source === undefined || subject === undefined)
    throw new BadSelection('a user is <source>:<subject>, such as demo:alice');
  if (subject.length > SUBJECT_MAX)
    throw new BadSelection(`a subject has ${SUBJECT_MAX} characters at most, and this one ${subject.length}`);
  return { source, subject };
}

function networkOf(text: string): (address: string) => boolean {
  try {
    const [network, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : wholeOf(ipaddr.process(text));
    return (address) => {
      if (!ipaddr.isValid(address)) return false;
      const one = ipaddr.process(address);
      return one.kind() === network.kind() && one.match(network, bits);
    };
  } catch {
    throw new BadSelection('an address is an IP address, or a network such as 192.0.2.0/24');
  }
}

function wholeOf(address: ipaddr.IPv4 | ipaddr.IPv6): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function timeOf(name: string, text: string, now: number): number {
  try {
    if (!text.startsWith('P')) return Temporal.Instant.from(text).epochMilliseconds;
    const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(now)).toZonedDateTimeISO('UTC');
    return zoned.subtract(Temporal.Duration.from(text)).epochMilliseconds;
  } catch {
    throw new BadSelection(`${name} is an instant such as 2026-07-01T12:00:00Z, or a duration such as PT2H`);
  }
}
