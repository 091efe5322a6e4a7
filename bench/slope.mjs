/** Whether a figure stays as it was: a line through its samples that single ones do not bend. */
import { median } from './figures.mjs';

/**
 * The middle of the slopes between all pairs of samples (Theil and Sen): a pause or a collection moves it little.
 *
 * @param samples `[at, value]`.
 * @returns the line's value at the first sample and at the last.
 */
export function lineThrough(samples) {
  const slopes = samples.flatMap(([at, value], index) =>
    samples.slice(index + 1).map(([later, other]) => (other - value) / (later - at)),
  );
  const slope = median(slopes);
  const offset = median(samples.map(([at, value]) => value - slope * at));
  return { slope, from: offset + slope * samples[0][0], to: offset + slope * samples.at(-1)[0] };
}

/** How much of its beginning a figure has grown by, as the line says; shrinking is below 0. */
export function growthOf({ from, to }) {
  return (to - from) / from;
}
