import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait, how often to look, and what for. */
export interface UntilOptions {
  readonly withinMs?: number;
  readonly everyMs?: number;
  /** Named in the error when it did not happen. */
  readonly what?: string;
}

type Falsy = false | undefined | null | 0 | '';

/**
 * Looks again and again until `probe` answers something true, and returns that. A probe that throws has not answered.
 *
 * @throws when it did not happen within 30 s (or as told), with the last error as cause.
 */
export async function until<T>(
  probe: () => T | Falsy | Promise<T | Falsy>,
  { withinMs = 30_000, everyMs = 10, what = 'what was waited for' }: UntilOptions = {},
): Promise<T> {
  const end = performance.now() + withinMs;
  let cause: unknown;
  do {
    try {
      const answer = await probe();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  } while (performance.now() < end);
  throw new Error(`${what} did not happen within ${withinMs} ms`, { cause });
}

/** The promise's value, or an error that names it when it takes too long. */
export async function within<T>(promise: Promise<T>, withinMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
