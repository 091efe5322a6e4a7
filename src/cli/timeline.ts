import { Temporal } from '@js-temporal/polyfill';
import { openExistingStores } from '../compose/store/existing.ts';
import { BadSetting } from '../config/bad-setting.ts';
import { readConfig } from '../config/config.ts';
import { secretsOf } from '../config/secrets.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { isTicketName, ticketNames } from '../secrets/ticket-names.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import type { EventStore, StoredEvent } from '../store/event-store.ts';
import { NewerSchema, decodeEvent } from '../store/codec.ts';
import { StoreRefused } from '../store/refused.ts';
import { ticketSubject } from '../store/subject.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Device, TicketEvent, User } from '../ticket/events.ts';
import type { Risk } from '../ticket/risk.ts';
import { BadCall } from './bad-call.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

/**
 * Shows a ticket's history from the store of the environment.
 *
 * @param asked the ticket's id, or its name in the log's lines of requests.
 * @throws BadCall, StoreRefused where there is none, BadSetting where a name is asked for without the secrets that made it
 */
export async function timeline(asked: string, { say, tell }: Terminal): Promise<Status> {
  if (!isTicketId(asked) && !isTicketName(asked))
    throw new BadCall(`${JSON.stringify(asked)} is neither a ticket id nor the name of a ticket in a log`);
  const config = readConfig(process.env, false);
  if (!isTicketId(asked)) secretsOf(config, config.storeKind);
  const opened = await openExistingStores(config);
  try {
    const ids = isTicketId(asked) ? [asked] : ticketNames(ringOf(opened.secrets)).idsOf(asked);
    const [ticketId, events] = await found(opened.store, ids);
    if (ticketId === undefined) throw new StoreRefused(`the log holds no ticket ${asked}`);
    say(`${linesOf(ticketId, events).join('\n')}\n`);
    for (const event of events) tell(valueOf(event));
    return STATUS.done;
  } finally {
    await opened.close();
  }
}

function ringOf(secrets: readonly string[]): KeyRing {
  if (secrets.length > 0) return new KeyRing(secrets);
  throw new BadSetting('SCANGATE_SECRETS', 'is needed: the name of a ticket was made with it');
}

/** The first of these that the log holds. */
async function found(
  store: EventStore,
  ticketIds: readonly string[],
): Promise<readonly [ticketId: string | undefined, events: readonly StoredEvent[]]> {
  for (const ticketId of ticketIds) {
    const events = await store.history(ticketSubject(ticketId));
    if (events.length > 0) return [ticketId, events];
  }
  return [undefined, []];
}

/**
 * A ticket's whole history, one line an event: when, what, by whom and from where. The log holds no secret, so neither
 * do these lines. Empty for a ticket that the log does not hold.
 */
export async function timelineOf(store: EventStore, ticketId: string): Promise<readonly string[]> {
  return linesOf(ticketId, await store.history(ticketSubject(ticketId)));
}

function linesOf(ticketId: string, events: readonly StoredEvent[]): readonly string[] {
  const [first] = events;
  if (first === undefined) return [];
  return [`ticket ${ticketId}`, ...events.map((event) => line(event, first.at))];
}

function valueOf(event: StoredEvent): Readonly<Record<string, unknown>> {
  return { at: instantOf(event), type: event.type, cursor: event.id, details: describe(event) };
}

function instantOf({ at }: StoredEvent): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString({ fractionalSecondDigits: 3 });
}

function line(event: StoredEvent, startedAt: number): string {
  const at = instantOf(event);
  const since = `+${((event.at - startedAt) / 1000).toFixed(3)} s`.padStart(11);
  return `  ${at} ${since}  ${event.type.padEnd(10)} ${event.id.padEnd(23)} ${describe(event)}`.trimEnd();
}

function describe(stored: StoredEvent): string {
  try {
    return details(decodeEvent<TicketEvent | SessionEvent>(stored));
  } catch (error) {
    if (error instanceof NewerSchema) return `(written by a later release: schema ${stored.schema})`;
    throw error;
  }
}

function details(event: TicketEvent | SessionEvent): string {
  switch (event.type) {
    case 'minted':
      return `for client ${event.data.client_id}, browser ${device(event.data.browser)}`;
    case 'scanned':
      return `by ${user(event.data.user)}, phone ${device(event.data.phone)}${risk(event.data.risk)}`;
    case 'denied':
      if (event.data.reason === 'number') return 'no number that was typed was right';
      if (event.data.reason === 'risk') return 'because of its risk';
      return event.data.report === true ? 'and reported as not theirs' : '';
    case 'revoked':
      return `by ${event.data.reason}`;
    case 'opened':
      return `for ${user(event.data.user)}`;
    case 'contested':
      return `by a second phone${risk(event.data.risk)}`;
    case 'confirmed':
      return event.data.asks === true ? 'and the browser is asked' : '';
    case 'accepted':
      return 'by the browser';
    case 'cancelled':
    case 'expired':
    case 'redeemed':
    case 'refreshed':
      return '';
  }
}

function risk(of: Risk | undefined): string {
  return of === undefined ? '' : `, risk ${of.outcome}: ${of.reasons.join(' ')}`;
}

function user(who: User): string {
  return `${printable(who.subject)} (${who.source})`;
}

function device(from: Device): string {
  return `${from.ip}${from.place === undefined ? '' : `, ${printable(from.place)}`}, ${printable(from.agent) || 'no user agent'}`;
}

// What came from outside may hold control characters, which a terminal would obey.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, 80);
}
