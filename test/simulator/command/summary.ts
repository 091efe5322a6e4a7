import type { Violation } from '../../history/history.ts';
import { makeSchedule } from '../schedule/generator.ts';
import type { FaultCount } from '../schedule/generator.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { play } from '../run/play.ts';

/** What came of one seed, as a worker sends it. */
export interface Summary {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Which situations came about. */
  readonly situations: readonly string[];
  readonly virtualMs: number;
  readonly hash: string;
  /** The simulation itself failed. */
  readonly failure?: string;
}

/** Plays one seed. */
export async function playSeed(seed: number, faults: FaultCount): Promise<Summary> {
  return await summaryOf(makeSchedule(seed, faults));
}

/** Plays a schedule; a simulation that fails is a result too. */
export async function summaryOf(schedule: Schedule): Promise<Summary> {
  const { seed } = schedule;
  try {
    const { violations, situations, virtualMs, hash } = await play(schedule);
    const seen = [...situations].filter(([, times]) => times > 0).map(([name]) => name);
    return { seed, violations, situations: seen, virtualMs, hash };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, violations: [], situations: [], virtualMs: 0, hash: '', failure };
  }
}

/** Whether a promise was broken, or the simulation itself. */
export function isBroken({ violations, failure }: Summary): boolean {
  return violations.length > 0 || failure !== undefined;
}
