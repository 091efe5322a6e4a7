/** The id before every other. */
export const FIRST_ID = '0-0';

/** An id that is some time before another one. */
export function rewoundId(id: string, ms: number): string {
  return `${Math.max(0, timeOfId(id) - ms)}-0`;
}

/** Of two ids the one that comes first. */
export function earlierId(a: string, b: string): string {
  const byTime = timeOfId(a) - timeOfId(b);
  const bySequence = Number(a.slice(a.indexOf('-') + 1)) - Number(b.slice(b.indexOf('-') + 1));
  return byTime < 0 || (byTime === 0 && bySequence < 0) ? a : b;
}

/** When the server gave an id, in milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}
