import type { Counts } from './sample.ts';

/**
 * A quantile of a histogram, in seconds, as Prometheus estimates it: in its bucket the values lie evenly. Undefined where there
 * are none. Beyond the last bucket it is that bucket's bound: at least so much.
 *
 * @param buckets how many were at most so large, by that bound; `+Inf`: all.
 */
export function quantileOf(buckets: Counts, quantile: number): number | undefined {
  const bounds = Object.entries(buckets)
    .map(([bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), count] as const)
    .toSorted(([one], [other]) => one - other);
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all === 0) return undefined;
  const wanted = all * quantile;
  let [below, before] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= wanted) {
      if (bound === Infinity) return below;
      return below + ((bound - below) * (wanted - before)) / (count - before);
    }
    [below, before] = [bound, count];
  }
  return below;
}
