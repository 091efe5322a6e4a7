import type { Notice, TicketStatus } from '../support/signin.ts';

/** A writer's answer: this ticket is now so. What is known of the event stands beside it. */
export interface Acknowledgement {
  readonly ticketId: string;
  readonly status: TicketStatus;
  /** Who was answered: `browser`, `phone of user-7`, `client`. */
  readonly by: string;
  /** Which gateway answered. */
  readonly gateway: number;
  /** When the answer was there, by this machine's clock in milliseconds. */
  readonly atMs: number;
  /** The event's id, where the answer names it. */
  readonly cursor?: string;
  /** Whose event it must be, where only one user can have made it. */
  readonly user?: string;
}

/** One thing that a browser was told. */
export interface Told extends Pick<Notice, 'cursor' | 'status' | 'reset'> {
  readonly atMs: number;
}

/** What one browser was told of its ticket, over all its connections. */
export interface Observation {
  readonly observer: string;
  readonly ticketId: string;
  readonly startedMs: number;
  readonly told: Told[];
  /** How its connections ended, in order, each with the seconds since it began. */
  readonly endings: string[];
  /** It was answered that there is no such ticket. */
  gone: boolean;
}

/** Tokens were handed out: for which ticket, of which session. */
export interface Redemption {
  readonly ticketId: string;
  readonly sessionId: string;
}

/** Takes down everything that one scenario's actors were answered and told. */
export class Chronicle {
  readonly acknowledged: Acknowledgement[] = [];
  readonly observed: Observation[] = [];
  readonly redeemed: Redemption[] = [];
  /** What was asked for, answered or not: `<ticket id> <status>`. */
  readonly asked = new Set<string>();
  /** How sign-ins ended, counted by a word. */
  readonly endings = new Map<string, number>();

  acknowledge(entry: Omit<Acknowledgement, 'atMs'>): void {
    this.acknowledged.push({ ...entry, atMs: Date.now() });
  }

  ask(ticketId: string, status: TicketStatus): void {
    this.asked.add(`${ticketId} ${status}`);
  }

  observe(ticketId: string, observer: string): Observation {
    const observation = { observer, ticketId, startedMs: Date.now(), told: [], endings: [], gone: false };
    this.observed.push(observation);
    return observation;
  }

  end(how: string): void {
    this.endings.set(how, (this.endings.get(how) ?? 0) + 1);
  }
}
