/** How long a message waits after each of its first tries, in milliseconds; then twice as long each time. */
const FIRST_MS: readonly number[] = [1000, 5000, 30_000];

/** A message is tried so often: the last wait ends more than a day after the first try. */
export const TRIES_MAX = 15;

/** How long a message waits after so many tries, in milliseconds. */
export function waitAfter(tries: number): number {
  if (tries === 0) return 0;
  const listed = FIRST_MS[tries - 1];
  return listed ?? 30_000 * 2 ** (tries - FIRST_MS.length);
}
