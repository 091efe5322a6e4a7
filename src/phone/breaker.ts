import { sleep } from '../time/time.ts';
import type { Time } from '../time/time.ts';

/** Whether an upstream is asked (`closed`), left alone for a while (`open`), or tried with one call (`half_open`). */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** The bounds of calls to one upstream. Durations in milliseconds. */
export interface BreakerOptions {
  /** The bound of one try. */
  readonly timeoutMs: number;
  /** Tries in all. */
  readonly tries: number;
  /** About how long before the second try; doubled for each further one, half of it at random. */
  readonly pauseMs: number;
  /** Failed calls in a row that open the breaker. */
  readonly failuresMax: number;
  /** How long it stays open. */
  readonly openMs: number;
  readonly time: Time;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
  readonly onState?: (state: BreakerState) => void;
  /** Hears how each call ended that was made: with an answer, or with what was thrown. */
  readonly onEnd?: (error?: UpstreamAway | UpstreamRefusal) => void;
}

/** An upstream that did not answer, or was not asked because it had not answered before. */
export class UpstreamAway extends Error {
  override readonly name = 'UpstreamAway';
  /** What kind of failure the last try met, `ECONNREFUSED` for one. It quotes nothing of what was sent or answered. */
  readonly reason: string;

  constructor(message: string, reason = 'unknown') {
    super(message);
    this.reason = reason;
  }
}

/** An answer that no repetition will change: thrown by a try to end the call at once. Not a failure of the upstream. */
export class UpstreamRefusal extends Error {
  override readonly name = 'UpstreamRefusal';
}

/** Calls one upstream within bounds. */
export interface Breaker {
  readonly state: BreakerState;
  /**
   * Runs `attempt`, again after a pause where it throws. Its signal aborts at the bound of a try.
   *
   * @param tries fewer than usual, for what must not be repeated.
   *
   * @throws {@link UpstreamAway} when no try succeeded; what `attempt` throws as {@link UpstreamRefusal}.
   */
  call<R>(attempt: (signal: AbortSignal) => Promise<R>, tries?: number): Promise<R>;
}

export function breaker(options: BreakerOptions): Breaker {
  let state: BreakerState = 'closed';
  let failures = 0;
  let openedAt = 0;

  function become(next: BreakerState): void {
    if (state === next) return;
    state = next;
    options.onState?.(next);
  }

  function succeeded(): void {
    failures = 0;
    become('closed');
  }

  function failed(): void {
    failures += 1;
    if (state !== 'half_open' && failures < options.failuresMax) return;
    openedAt = options.time.now();
    become('open');
  }

  function admit(): void {
    if (state === 'open' && options.time.now() - openedAt >= options.openMs) {
      become('half_open');
      return;
    }
    if (state !== 'closed') throw new UpstreamAway('left alone after failures');
  }

  async function tried<R>(attempt: (signal: AbortSignal) => Promise<R>, tries: number): Promise<R> {
    let last: unknown;
    for (let count = 0; count < tries; count += 1) {
      if (count > 0)
        await sleep(options.time, options.pauseMs * 2 ** (count - 1) * (0.5 + options.random() / 2));
      try {
        return await within(options.time, options.timeoutMs, attempt);
      } catch (error) {
        if (error instanceof UpstreamRefusal) throw error;
        last = error;
      }
    }
    const reason = reasonOf(last);
    throw new UpstreamAway(`no answer in ${tries} tries (${reason})`, reason);
  }

  return {
    get state() {
      return state;
    },
    async call(attempt, tries = options.tries) {
      admit();
      try {
        const result = await tried(attempt, tries);
        succeeded();
        options.onEnd?.();
        return result;
      } catch (error) {
        if (error instanceof UpstreamRefusal) succeeded();
        else failed();
        if (error instanceof UpstreamRefusal || error instanceof UpstreamAway) options.onEnd?.(error);
        throw error;
      }
    },
  };
}

async function within<R>(time: Time, ms: number, attempt: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const bound = new AbortController();
  const cancel = time.after(ms, () => bound.abort(new DOMException('took too long', 'TimeoutError')));
  try {
    return await attempt(bound.signal);
  } finally {
    cancel();
  }
}

// The kind of failure alone: a message may quote an address with a credential in it.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (/^status \d{3}$/.test(error.message)) return error.message;
  if (error.cause instanceof Response) return `status ${error.cause.status}`;
  const { code } = (error.cause instanceof Error ? error.cause : error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
