/** Half of a count on the scale is one, too. */
const STEPS = [1, 2, 4, 6, 10];

/** A round number that is at least so large, for the top of a scale; `least` where all is smaller. */
export function roundAbove(value: number, least: number): number {
  const wanted = Math.max(value, least);
  const magnitude = 10 ** Math.floor(Math.log10(wanted));
  const step = STEPS.find((one) => one * magnitude >= wanted) ?? 10;
  return step * magnitude;
}
