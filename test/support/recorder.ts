import { judge } from './oracle.ts';
import type { History, Logged, Violation } from './oracle.ts';
import type { Notice, TicketStatus } from './signin.ts';

/** Takes down what writers were answered and observers were told, for the oracle. */
export class Recorder {
  readonly #acknowledged: History['acknowledged'][number][] = [];
  readonly #redeemed: History['redeemed'][number][] = [];
  readonly #observed = new Map<string, { observer: string; ticketId: string; told: Notice[] }>();

  /** A writer was told that this ticket is now so. */
  acknowledge(ticketId: string, status: TicketStatus, by: string): void {
    this.#acknowledged.push({ ticketId, status, by });
  }

  /** Tokens of this session were handed out for the ticket. */
  redeem(ticketId: string, sessionId: string): void {
    this.#redeemed.push({ ticketId, sessionId });
  }

  /** The ear of one observer of one ticket; the same over all its connections. */
  observe(ticketId: string, observer: string): (notice: Notice) => void {
    const key = `${observer} ${ticketId}`;
    const entry = this.#observed.get(key) ?? { observer, ticketId, told: [] };
    this.#observed.set(key, entry);
    return (notice) => void entry.told.push(notice);
  }

  /** What the oracle says, once the log has been read at the end. */
  judge(log: ReadonlyMap<string, readonly Logged[]>): Violation[] {
    return judge(this.history(log));
  }

  history(log: ReadonlyMap<string, readonly Logged[]>): History {
    return {
      log,
      acknowledged: this.#acknowledged,
      observed: [...this.#observed.values()],
      redeemed: this.#redeemed,
    };
  }
}
