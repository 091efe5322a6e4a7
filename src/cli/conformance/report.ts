import type { Result } from './run.ts';

const MARKS = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' } as const;

/** A line of the table. */
export function line({ group, name, outcome, tookMs, why }: Result): string {
  const time = outcome === 'skipped' ? '' : `${tookMs} ms`;
  const reason = why === undefined ? '' : `\n      ${why.replaceAll('\n', ' ').slice(0, 400)}`;
  return `${MARKS[outcome]}  ${group.padEnd(16)} ${name.padEnd(72)} ${time.padStart(9)}${reason}`;
}

/** The last line. */
export function summary(results: readonly Result[]): string {
  const { passed, failed, skipped } = counts(results);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** The machine's version of the table. */
export function reportOf(
  url: string,
  startedAt: Date,
  results: readonly Result[],
): Readonly<Record<string, unknown>> {
  const checks = results.map(({ group, name, outcome, tookMs, why }) => ({
    group,
    name,
    outcome,
    took_ms: tookMs,
    ...(why !== undefined && { why }),
  }));
  return {
    suite: 'scangate delivery',
    url,
    started_at: startedAt.toISOString(),
    ended_at: new Date().toISOString(),
    ...counts(results),
    checks,
  };
}

function counts(results: readonly Result[]): Record<Result['outcome'], number> {
  const of = (outcome: Result['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}
