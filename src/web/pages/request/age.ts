/** A span of time as a person says it: a whole number of the largest unit that fits. */
export interface Age {
  readonly unit: 'now' | 'seconds' | 'minutes' | 'hours' | 'days';
  readonly count: number;
}

/** How long ago `thenMs` was at `nowMs`; what lies ahead is `now`. */
export function ageOf(thenMs: number, nowMs: number): Age {
  const seconds = Math.floor(Math.max(0, nowMs - thenMs) / 1000);
  if (seconds < 10) return { unit: 'now', count: 0 };
  if (seconds < 90) return { unit: 'seconds', count: seconds };
  if (seconds < 5400) return { unit: 'minutes', count: Math.round(seconds / 60) };
  if (seconds < 129600) return { unit: 'hours', count: Math.round(seconds / 3600) };
  return { unit: 'days', count: Math.round(seconds / 86400) };
}
