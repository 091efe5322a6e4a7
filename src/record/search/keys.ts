import type { Archive } from '../archive.ts';
import type { RecordKeyJwk } from '../chain/signed-head.ts';
import type { Facts } from '../entry/entry.ts';

const PAGE = 500;
/** How many entries are looked at: a key is written once a day, and when a node starts. */
const LOOKED_MAX = 20_000;

/** The keys that the record itself says sign it, the newest first. */
export async function keysIn(archive: Archive): Promise<readonly RecordKeyJwk[]> {
  const column = { name: 'kind', value: 'record_key' } as const;
  const found = new Map<string, RecordKeyJwk>();
  let before: bigint | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const page = await archive.find({ column, before, newestFirst: true, limit: PAGE });
    for (const { text } of page) {
      const { key } = JSON.parse(text) as Facts;
      if (key !== undefined && !found.has(key.kid)) found.set(key.kid, key);
    }
    if (page.length < PAGE) break;
    before = page.at(-1)?.id;
  }
  return [...found.values()];
}
