import { openExistingStores } from '../compose/store/existing.ts';
import { BadSetting } from '../config/bad-setting.ts';
import { toolConfig } from './tool-config.ts';
import { secretsOf } from '../config/secrets.ts';
import { timelineEvent } from '../record/search/timeline.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { isTicketName, ticketNames } from '../secrets/ticket-names.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import type { EventStore, StoredEvent } from '../store/event-store.ts';
import { StoreRefused } from '../store/refused.ts';
import { ticketSubject } from '../store/subject.ts';
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
  const config = toolConfig();
  if (!isTicketId(asked)) secretsOf(config, config.storeKind);
  const opened = await openExistingStores(config);
  try {
    const ids = isTicketId(asked) ? [asked] : ticketNames(ringOf(opened.secrets)).idsOf(asked);
    const [ticketId, events] = await found(opened.store, ids);
    if (ticketId === undefined) throw new StoreRefused(`the log holds no ticket ${asked}`);
    say(`${linesOf(ticketId, events).join('\n')}\n`);
    for (const event of events) tell(timelineEvent(event));
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

function line(event: StoredEvent, startedAt: number): string {
  const { at, type, cursor, details } = timelineEvent(event);
  const since = `+${((event.at - startedAt) / 1000).toFixed(3)} s`.padStart(11);
  return `  ${at} ${since}  ${type.padEnd(10)} ${cursor.padEnd(23)} ${details}`.trimEnd();
}
