const EVERY_MS = 60_000;
const KINDS_MAX = 64;

/**
 * Lets through the first of each kind, and then one a minute at most, however often it happens.
 *
 * @param now a monotonic clock in milliseconds.
 * @returns takes what kind it is and how to tell it; `untold`: how many of its kind were not told since the last one.
 */
export function seldom(now: () => number): (kind: string, tell: (untold: number) => void) => void {
  const told = new Map<string, { readonly at: number; untold: number }>();
  return (kind, tell) => {
    const last = told.get(kind);
    if (last !== undefined && now() - last.at < EVERY_MS) {
      last.untold += 1;
      return;
    }
    if (told.size >= KINDS_MAX) told.clear();
    told.set(kind, { at: now(), untold: 0 });
    tell(last?.untold ?? 0);
  };
}
