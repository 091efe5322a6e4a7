import { StoreRefused } from '../refused.ts';
import type { Environment } from './disk/environment.ts';
import { META_KEY } from './keys.ts';
import { decoded, encoded } from './record.ts';

/** The format of keys and records, as the file's first record names it. */
export const FORMAT = 1;

/** What stands there instead while a copy is put into the file: no release opens that. */
export const UNFINISHED_FORMAT = 0;

/** The file's first record. */
export interface FileMeta {
  readonly format: number;
  /** Names the file's one history. */
  readonly timeline: string;
}

/** Reads it; undefined in a new file. */
export function readMeta(environment: Pick<Environment, 'get'>): FileMeta | undefined {
  const record = environment.get(META_KEY);
  if (record === undefined) return undefined;
  const [format, timeline] = decoded(record).fields as readonly [number, string];
  return { format, timeline };
}

export async function writeMeta(environment: Environment, { format, timeline }: FileMeta): Promise<void> {
  await environment.write([{ key: META_KEY, value: encoded([format, timeline]) }]);
}

/** @throws StoreRefused with one line, where this release must not touch the data. */
export function checkFormat({ format }: FileMeta): void {
  if (format === UNFINISHED_FORMAT)
    throw new StoreRefused('an import into the store has not come to its end: run it again');
  if (format !== FORMAT)
    throw new StoreRefused(`the store's file has format ${format}; this release knows ${FORMAT}`);
}
