import type { MakeNonce } from '../../command/nonce.ts';
import { sessionCommands } from '../../command/session-commands.ts';
import type { SessionCommands } from '../../command/session-commands.ts';
import type { OnSessionExpired } from '../../command/session-reader.ts';
import { ticketCommands } from '../../command/ticket-commands.ts';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { Config } from '../../config/config.ts';
import { commandSettings } from '../../config/rooms/command.ts';
import { countedCommands } from '../../http/tickets/counted-commands.ts';
import { TicketClients } from '../../http/tickets/ticket-clients.ts';
import { ticketOutcomes } from '../../http/tickets/ticket-outcomes.ts';
import type { EventStore, Head } from '../../store/event-store.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** What may change tickets and sessions. */
export interface Commands {
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  /** Expires what is overdue, of either kind. */
  expire(head: Head): Promise<Head>;
  /** The client of a ticket, of those that were read or written here last. */
  readonly clientOfTicket: (ticketId: string) => string | undefined;
}

/** What the commands are made of. */
export interface CommandsParts {
  readonly store: EventStore;
  readonly metrics: Metrics;
  /** What a client is called in the metrics: one of few. */
  readonly clientLabel: (clientId: string) => string;
  readonly makeNonce: MakeNonce;
  /** Told of each session that these expire. */
  readonly onExpired: OnSessionExpired;
}

export function makeCommands(
  config: Config,
  { store, metrics, clientLabel, makeNonce, onExpired }: CommandsParts,
): Commands {
  const options = { ...commandSettings(config), store, makeNonce };
  const came = ticketOutcomes(metrics, clientLabel);
  const seen = new TicketClients();
  const uncounted = ticketCommands({ ...options, onExpired: (view) => came(view) });
  const tickets = countedCommands(uncounted, { metrics, came, saw: (view) => seen.note(view) });
  const sessions = sessionCommands({ ...options, onExpired });
  return {
    tickets,
    sessions,
    expire: async (head) => await sessions.expire(await tickets.expire(head)),
    clientOfTicket: (ticketId) => seen.of(ticketId),
  };
}
