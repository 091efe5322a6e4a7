import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../support/call.ts';
import type { Random } from '../support/random.ts';

/** Where a gateway is asked. */
export interface Base {
  readonly gateway: number;
  readonly url: string;
}

/** An answer, and the gateway that gave it. */
export interface Answered<T> {
  readonly answer: Answer<T>;
  readonly gateway: number;
  /** How often it was asked before: what was sent then may have been done. */
  readonly repeated: number;
}

/** How a client repeats a request that nobody answered. */
export interface Patience {
  /** The gateways' addresses; each repetition goes to the next one, as through a balancer. */
  readonly bases: readonly Base[];
  /** Index of the first one asked. */
  readonly first: number;
  readonly random: Random;
  /** When to give up, by `performance.now()`. */
  readonly until: number;
}

const PAUSE_MS = [100, 400] as const;
const RETRY_AFTER_MAX_MS = 1500;

/**
 * Asks as a client with manners does: the same request again after a network error, a 429 or a 503, not before the
 * `Retry-After` of it. Undefined when it gave up.
 */
export async function askPatiently<T>(
  { bases, first, random, until }: Patience,
  ask: (base: string) => Promise<Answer<T>>,
): Promise<Answered<T> | undefined> {
  for (let repeated = 0; ; repeated += 1) {
    const { gateway, url } = bases[(first + repeated) % bases.length]!;
    const answer = await ask(url).catch(() => undefined);
    if (answer !== undefined && answer.status !== 503 && answer.status !== 429) {
      return { answer, gateway, repeated };
    }
    const told = Number(answer?.headers.get('retry-after') ?? 0) * 1000;
    const pause = Math.max(random.between(...PAUSE_MS), Math.min(told, RETRY_AFTER_MAX_MS));
    if (performance.now() + pause > until) return undefined;
    await sleep(pause);
  }
}
