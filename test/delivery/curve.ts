/** A curve for people: how many of these moments fell into each slice of time since `fromMs`. */
export function curve(moments: readonly number[], fromMs: number, sliceMs: number): string {
  const slices = new Map<number, number>();
  for (const moment of moments) {
    const slice = Math.floor((moment - fromMs) / sliceMs);
    slices.set(slice, (slices.get(slice) ?? 0) + 1);
  }
  const most = Math.max(...slices.values());
  return [...slices]
    .toSorted(([one], [other]) => one - other)
    .map(([slice, count]) => {
      const bar = '█'.repeat(Math.ceil((count / most) * 40));
      return `${((slice * sliceMs) / 1000).toFixed(1).padStart(6)} s ${String(count).padStart(5)} ${bar}`;
    })
    .join('\n');
}

/** The value that this share of all does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
