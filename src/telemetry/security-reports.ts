import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { printable } from './printable.ts';
import { SECURITY_KINDS } from './security-event.ts';
import type { SecurityContext, SecurityEvent } from './security-event.ts';

/**
 * A security event as it is told on. With `count` it stands for that many more of its kind from its address in the minute
 * that ended, beyond those that were told one by one; then it says no user, client, ticket or session.
 */
export type ToldSecurityEvent = SecurityEvent & { readonly count?: number };

/** Hears of what is told, of users by their whole subject. It must not throw, and returns at once. */
export type OnSecurityEvent = (event: ToldSecurityEvent) => void;

export interface SecurityReportsOptions {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'securityEvents'>;
  /** What is counted together of an address: an IPv4 address, or the network of an IPv6 one. */
  readonly networkOf: (address: string) => string;
}

/** Events of one kind and network that are told one by one in a minute. */
const TOLD_MAX = 10;
/** Kinds and networks that are counted apart in a minute; all others of a kind count as one. */
const APART_MAX = 1000;
/** The longest text of a member, in characters: what comes from outside may be as long as a request. */
const TEXT_LENGTH_MAX = 200;
/** The longest subject, in characters: no source has a user with a longer one. */
const SUBJECT_LENGTH_MAX = 255;

interface Tally {
  readonly first: SecurityEvent;
  count: number;
}

/**
 * Counts security events, writes them to the log at `warn`, and tells whoever listens. But for operators' own, of each kind and network the first few
 * of a minute are told one by one, and the rest at its end in one word with their count.
 */
export class SecurityReports {
  readonly #options: SecurityReportsOptions;
  readonly #tallies = new Map<string, Tally>();
  readonly #listeners: OnSecurityEvent[] = [];

  constructor(options: SecurityReportsOptions) {
    this.#options = options;
    for (const kind of SECURITY_KINDS) options.metrics.securityEvents.inc({ kind }, 0);
  }

  /** From now on. */
  onTold(listener: OnSecurityEvent): void {
    this.#listeners.push(listener);
  }

  /** Hands an event in. */
  report(event: SecurityEvent): void {
    this.#options.metrics.securityEvents.inc({ kind: event.kind });
    if (isOperators(event)) {
      this.#tell(event, 'security event');
      return;
    }
    const tally = this.#tallyOf(event);
    tally.count += 1;
    if (tally.count <= TOLD_MAX) this.#tell(event, 'security event');
    if (event.kind === 'client_auth_failed' && tally.count === TOLD_MAX + 1)
      this.report({ ...event, kind: 'brute_force', reason: 'client_secret' });
  }

  /** Begins another minute: tells how many were not told one by one in the last. */
  turn(): void {
    const ended = [...this.#tallies.values()];
    this.#tallies.clear();
    for (const { first, count } of ended) {
      if (count <= TOLD_MAX) continue;
      const { kind, reason, address } = first;
      const rest = { kind, reason, address, count: count - TOLD_MAX } as ToldSecurityEvent;
      this.#tell(rest, 'more security events of one kind');
    }
  }

  #tallyOf(event: SecurityEvent): Tally {
    const { kind, reason, address } = event;
    // What no address sent is no flood: each reason counts for itself.
    const own = `${kind} ${address === undefined ? reason : this.#options.networkOf(address)}`;
    const key = this.#tallies.has(own) || this.#tallies.size < APART_MAX ? own : `${kind} others`;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const first = key === own ? event : ({ ...event, address: undefined } as SecurityEvent);
    const made = { first, count: 0 };
    this.#tallies.set(key, made);
    return made;
  }

  #tell(event: ToldSecurityEvent, message: string): void {
    const line = short(event);
    this.#options.log.warn({ security: line }, message);
    const told = withSubject(line, event.user?.subject);
    for (const listener of this.#listeners) listener(told);
  }
}

/** What an operator does is told always: no client can bring it about, and one of theirs must not hide another's. */
function isOperators({ kind, reason }: SecurityEvent): boolean {
  return (kind === 'revocation' || kind === 'forgotten') && reason.startsWith('operator');
}

/** Exactly the members that an event has, so that nothing else of a user or client gets anywhere. */
function short(event: ToldSecurityEvent): ToldSecurityEvent {
  const { kind, reason, user, client_id, address, ticket_id, sid, since, before, ended, entries, count } =
    event;
  const context: Record<keyof SecurityContext, unknown> = {
    user: user && {
      source: user.source,
      ...(user.issuer === undefined ? {} : { issuer: cut(user.issuer) }),
      subject: cut(user.subject),
    },
    client_id: client_id && cut(client_id),
    address: address && cut(address),
    ticket_id: ticket_id && cut(ticket_id),
    sid,
    since,
    before,
    ended,
    entries,
  };
  const known = Object.entries({ ...context, count }).filter(([, value]) => value !== undefined);
  return { kind, reason: cut(reason), ...Object.fromEntries(known) } as unknown as ToldSecurityEvent;
}

/** A user is found, and forgotten, by the subject as it is: one that is cut is another user's, or nobody's. */
function withSubject(line: ToldSecurityEvent, subject: string | undefined): ToldSecurityEvent {
  if (line.user === undefined || subject === undefined) return line;
  return { ...line, user: { ...line.user, subject: subject.slice(0, SUBJECT_LENGTH_MAX) } };
}

function cut(text: string): string {
  return printable(text.slice(0, TEXT_LENGTH_MAX));
}
