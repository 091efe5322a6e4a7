import type { FaultCount } from '../schedule/generator.ts';
import type { Summary } from './summary.ts';

/** Situations that have to come about, or the seeds show little. */
const MATTER: Readonly<Record<FaultCount, readonly string[]>> = {
  1: [
    'promotion',
    'promotion amid a write',
    'retry across a term',
    'another history found',
    'healed with restores',
    'all data gone',
    'refused: not on all replicas',
    'refused: no majority, or no store',
    'refresh without an answer',
  ],
  2: [
    'promotion',
    'promotion amid a write',
    'retry across a term',
    'another history found',
    'healed with restores',
    'strike',
    'struck node returns',
    'reset told',
    'refused: not on all replicas',
    'refused: no majority, or no store',
    'refresh without an answer',
  ],
};

/** From how many seeds on rare situations are held against a run, and what is rare. */
const JUDGED_FROM_SEEDS = 300;
const RARE = 0.01;

/** In which share of the seeds each situation came about, the most frequent first. */
export function sharesOf(summaries: readonly Summary[], faults: FaultCount): ReadonlyMap<string, number> {
  const seeds = new Map<string, number>(MATTER[faults].map((name) => [name, 0]));
  for (const { situations } of summaries)
    for (const name of situations) seeds.set(name, (seeds.get(name) ?? 0) + 1);
  const shares = [...seeds].map(([name, count]) => [name, count / summaries.length] as const);
  return new Map(shares.sort((a, b) => b[1] - a[1]));
}

/** Those that matter and came about too rarely. */
export function tooRare(
  shares: ReadonlyMap<string, number>,
  faults: FaultCount,
  seeds: number,
): readonly string[] {
  if (seeds < JUDGED_FROM_SEEDS) return [];
  return MATTER[faults].filter((name) => (shares.get(name) ?? 0) < RARE);
}
