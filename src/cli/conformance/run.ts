import type { Bench } from './bench.ts';
import type { Check } from './check.ts';
import { Skipped } from './verdict.ts';

/** What became of one check. */
export interface Result {
  readonly group: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly tookMs: number;
  /** Why it failed or was skipped. */
  readonly why?: string;
}

/**
 * Runs checks, some at a time and the slow ones first, and tells each result as it is known.
 *
 * @returns the results in the order of the checks.
 */
export async function runChecks(
  bench: Bench,
  checks: readonly Check[],
  atATime: number,
  report: (result: Result) => void,
): Promise<readonly Result[]> {
  const results = new Map<Check, Result>();
  const queue = checks.toSorted((one, other) => Number(other.slow ?? false) - Number(one.slow ?? false));
  const work = async (): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const result = await runCheck(bench, check);
      results.set(check, result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return checks.flatMap((check) => results.get(check) ?? []);
}

async function runCheck(bench: Bench, check: Check): Promise<Result> {
  const { group, name } = check;
  const begun = performance.now();
  const done = (outcome: Result['outcome'], why?: string): Result => ({
    group,
    name,
    outcome,
    tookMs: Math.round(performance.now() - begun),
    ...(why !== undefined && { why }),
  });
  if (check.slow === true && !bench.target.slow) return done('skipped', 'with --slow');
  try {
    await check.run(bench);
    return done('passed');
  } catch (error) {
    if (error instanceof Skipped) return done('skipped', error.message);
    return done('failed', error instanceof Error ? error.message : String(error));
  }
}
