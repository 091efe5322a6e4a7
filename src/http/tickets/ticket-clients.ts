import type { TicketView } from '../../command/ticket-view.ts';

/** Most tickets whose clients are remembered. A watched ticket is read again, and so stays among them. */
const TICKETS_MAX = 20_000;

/**
 * Which client a ticket is for, of the tickets that this process read last: the log's lines of requests name it where the
 * request names the ticket alone.
 */
export class TicketClients {
  readonly #clients = new Map<string, string>();
  readonly #most: number;

  constructor(most: number = TICKETS_MAX) {
    this.#most = most;
  }

  note({ ticketId, ticket: { minted } }: TicketView): void {
    this.#clients.delete(ticketId);
    this.#clients.set(ticketId, minted.client_id);
    if (this.#clients.size <= this.#most) return;
    for (const oldest of this.#clients.keys()) {
      this.#clients.delete(oldest);
      return;
    }
  }

  of(ticketId: string): string | undefined {
    return this.#clients.get(ticketId);
  }
}
