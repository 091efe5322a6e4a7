const EVERY_MS = 60_000;
const KINDS_MAX = 64;

/**
 * Tells of something that may happen often.
 *
 * @param kind what it is: each is told apart from others.
 * @param tell `untold`: how many of its kind were not told since the last that was.
 * @param count how many there are this time.
 */
export type TellSeldom = (kind: string, tell: (untold: number) => void, count?: number) => void;

/**
 * Lets through the first of each kind, and then one a minute at most, however often it happens.
 *
 * @param now a monotonic clock in milliseconds.
 */
export function seldom(now: () => number): TellSeldom {
  const told = new Map<string, { readonly at: number; untold: number }>();
  return (kind, tell, count = 1) => {
    const last = told.get(kind);
    if (last !== undefined && now() - last.at < EVERY_MS) {
      last.untold += count;
      return;
    }
    if (told.size >= KINDS_MAX) told.clear();
    told.set(kind, { at: now(), untold: 0 });
    tell(last?.untold ?? 0);
  };
}
