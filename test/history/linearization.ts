import type { TicketCall } from './history.ts';
import { NO_TICKET, answer, expired, happen } from './ticket-machine.ts';
import type { TicketState } from './ticket-machine.ts';

/** How many states of the search are looked at before it is given up as undecided. */
const LOOKS_MAX = 2_000_000;

/** What came of the search: an order, or how far it came and which calls stood open there. */
export type Linearization =
  | { readonly kind: 'found' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'none'; readonly reached: TicketState; readonly stuck: readonly TicketCall[] };

/**
 * Whether the calls on one ticket can be put in an order in which each happens at one instant between being invoked and
 * being answered, and each answer is the one that a single ticket gives (Herlihy and Wing 1990). The search is that of Wing and
 * Gong (1993), with the states that failed remembered (Lowe 2017). A call of unknown outcome happens at any time
 * after it was invoked, or never.
 */
export function linearize(calls: readonly TicketCall[], mayLoseMints: boolean): Linearization {
  return new Search(calls, mayLoseMints).run();
}

class Search {
  readonly #answered: readonly TicketCall[];
  readonly #open: readonly TicketCall[];
  readonly #mayLoseMints: boolean;
  readonly #failed = new Set<string>();
  #looks = 0;
  #farthest = -1;
  #reached: TicketState = NO_TICKET;
  #stuck: readonly TicketCall[] = [];

  constructor(calls: readonly TicketCall[], mayLoseMints: boolean) {
    const isOpen = ({ outcome }: TicketCall): boolean => outcome.kind === 'unknown';
    this.#answered = calls.filter((call) => !isOpen(call)).sort((a, b) => a.invokedAt - b.invokedAt);
    this.#open = calls.filter((call) => isOpen(call) && call.command !== 'read');
    this.#mayLoseMints = mayLoseMints;
  }

  run(): Linearization {
    const found = this.#from(NO_TICKET, new Set(), new Set());
    if (found) return { kind: 'found' };
    if (this.#looks > LOOKS_MAX) return { kind: 'undecided' };
    return { kind: 'none', reached: this.#reached, stuck: this.#stuck };
  }

  /** @param done answered calls that have happened. @param used open ones that have. */
  #from(state: TicketState, done: ReadonlySet<number>, used: ReadonlySet<number>): boolean {
    if (done.size === this.#answered.length) return true;
    if (++this.#looks > LOOKS_MAX) return false;
    const key = keyOf(state, done, used);
    if (this.#failed.has(key)) return false;
    const next = this.#next(done);
    this.#remember(state, done, next);
    for (const i of next) {
      const after = answer(state, this.#answered[i] as TicketCall, this.#mayLoseMints);
      if (after !== undefined && this.#from(after, plus(done, i), used)) return true;
    }
    if (this.#byItself(state, done, used, next)) return true;
    this.#failed.add(key);
    return false;
  }

  /** Moves that nobody was told of: a call of unknown outcome happens, or the ticket expires. */
  #byItself(
    state: TicketState,
    done: ReadonlySet<number>,
    used: ReadonlySet<number>,
    next: readonly number[],
  ): boolean {
    const till = Math.max(...next.map((i) => (this.#answered[i] as TicketCall).returnedAt));
    for (const [i, call] of this.#open.entries()) {
      if (used.has(i) || call.invokedAt > till) continue;
      const after = happen(state, call);
      if (after !== state && this.#from(after, done, plus(used, i))) return true;
    }
    const over = expired(state);
    return over !== undefined && this.#from(over, done, used);
  }

  /** The answered calls that may happen next: none that was invoked after another one's answer was there. */
  #next(done: ReadonlySet<number>): readonly number[] {
    let first = Infinity;
    for (const [i, { returnedAt }] of this.#answered.entries())
      if (!done.has(i)) first = Math.min(first, returnedAt);
    const next: number[] = [];
    for (const [i, { invokedAt }] of this.#answered.entries())
      if (!done.has(i) && invokedAt <= first) next.push(i);
    return next;
  }

  #remember(state: TicketState, done: ReadonlySet<number>, next: readonly number[]): void {
    if (done.size <= this.#farthest) return;
    this.#farthest = done.size;
    this.#reached = state;
    this.#stuck = next.map((i) => this.#answered[i] as TicketCall);
  }
}

function plus(set: ReadonlySet<number>, one: number): ReadonlySet<number> {
  return new Set(set).add(one);
}

function keyOf(state: TicketState, done: ReadonlySet<number>, used: ReadonlySet<number>): string {
  const sorted = (set: ReadonlySet<number>): string => [...set].sort((a, b) => a - b).join();
  const { status, version, cursor, scanner, redeemer } = state;
  return [status, version, cursor, scanner, redeemer, sorted(done), sorted(used)].join(' ');
}
