import type { AnyScenario } from './scenario.ts';

/** Browsers know the true state this long after the store is back, at the 99th percentile. */
const TOLD_AFTER_MS = 2000;

type Bounds = Pick<AnyScenario, 'writesAfterSwitchS' | 'withoutWritesMaxS' | 'outageS'>;

/**
 * Which bounds on time a row broke: browsers are told within 2 s of the outage's end, and writes are back within the
 * scenario's own bound after the Sentinels switched.
 */
export function lateness(
  { writesAfterSwitchS, withoutWritesMaxS = Infinity, outageS = 0 }: Bounds,
  measured: {
    readonly withoutWritesS: number;
    readonly p99Ms: number;
    readonly switchS: number | string | undefined;
  },
): string[] {
  const { withoutWritesS, p99Ms, switchS } = measured;
  const late: string[] = [];
  const toldWithinMs = Math.max(withoutWritesS, outageS) * 1000 + TOLD_AFTER_MS;
  if (p99Ms > toldWithinMs) {
    late.push(`p99 ${Math.round(p99Ms)} ms, and ${Math.round(toldWithinMs)} ms were allowed`);
  }
  if (writesAfterSwitchS !== undefined && withoutWritesS > Number(switchS) + writesAfterSwitchS) {
    late.push(`${withoutWritesS.toFixed(1)} s without writes, and Sentinel had switched after ${switchS} s`);
  }
  if (withoutWritesS > withoutWritesMaxS)
    late.push(`${withoutWritesS.toFixed(1)} s without writes, and ${withoutWritesMaxS} s were allowed`);
  return late;
}
