import type { Archive } from '../archive.ts';
import { instantOf } from '../ids/sortable-id.ts';

/** How far back an archive goes, in ISO 8601; undefined where nothing was let go of: it has all that ever was. */
export async function beginningOf(
  archive: Pick<Archive, 'heads' | 'floor' | 'find'>,
): Promise<string | undefined> {
  const floors = await Promise.all([...(await archive.heads()).keys()].map((chain) => archive.floor(chain)));
  if (floors.every((floor) => floor === undefined)) return undefined;
  const [oldest] = await archive.find({ limit: 1 });
  return oldest === undefined ? undefined : instantOf(oldest.id);
}
