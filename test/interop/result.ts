import { within } from '../support/until.ts';
import { NotToBeHad } from './place.ts';
import type { Place } from './place.ts';
import type { Act, Row } from './row.ts';
import { withStage } from './stage.ts';
import type { Run } from './stage.ts';

const ACT_LIMIT_MS = 60_000;

/** What came of a row. */
export interface Result {
  readonly row: Row;
  /** As it lies there; undefined where it could not be had. */
  readonly version: string | undefined;
  /** What was played, each with what went wrong, undefined where nothing did. */
  readonly acts: ReadonlyMap<Act, string | undefined>;
  /** Why nothing could be played, by the program's fault or ours. */
  readonly failure?: string;
  /** Why the program cannot be had here. */
  readonly missing?: string;
  readonly seconds: number;
}

/** Whether all that the program can do holds, but for what an RFC that it does not know is in the way of. */
export function isComplete({ row, acts, failure, missing }: Result): boolean {
  if (failure !== undefined || missing !== undefined) return false;
  return [...acts].every(([act, why]) => why === undefined || row.against?.[act] !== undefined);
}

/** Plays all acts of a row on a stage of its own, whatever becomes of the ones before. */
export async function playRow(row: Row, placed: Promise<Place>, run: Run): Promise<Result> {
  const start = performance.now();
  const acts = new Map<Act, string | undefined>();
  const result = (more: Partial<Result>): Result => ({
    row,
    version: undefined,
    acts,
    seconds: Math.round((performance.now() - start) / 1000),
    ...more,
  });
  let version: string | undefined;
  try {
    const place = await placed;
    version = place.version(row.shown ?? firstPackage(row));
    await withStage(row, place, run, async (stage) => {
      const play = await row.open(stage);
      for (const [act, way] of Object.entries(play) as [Act, () => Promise<void>][])
        acts.set(act, await within(way(), ACT_LIMIT_MS, act).then(() => undefined, textOf));
    });
    return result({ version });
  } catch (error) {
    if (error instanceof NotToBeHad) return result({ missing: error.message });
    return result({ version, failure: textOf(error) });
  }
}

function firstPackage({ source }: Row): string {
  const names = source.from === 'npm' ? Object.keys(source.packages) : source.packages;
  return names[0] ?? '';
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)) || 'it failed without a word';
}
