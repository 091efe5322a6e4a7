import { expectStatus } from '../support/call.ts';
import type { Logged } from '../support/oracle.ts';
import { look } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';

/** The truth about a ticket as one writer learns it: asked after each of its steps. */
export class History {
  readonly entries: Logged[];
  readonly #ticket: Minted;

  constructor(ticket: Minted) {
    this.#ticket = ticket;
    this.entries = [{ cursor: ticket.notice.cursor, status: 'pending' }];
  }

  /** Looks at the ticket once a step is over, and adds what is new. */
  async look(base?: string): Promise<Logged> {
    const { cursor, status } = expectStatus(await look(this.#ticket, base), 200);
    if (this.entries.at(-1)?.cursor !== cursor) this.entries.push({ cursor, status });
    return { cursor, status };
  }

  get log(): ReadonlyMap<string, readonly Logged[]> {
    return new Map([[this.#ticket.ticketId, this.entries]]);
  }
}
