import type { Archive } from '../archive.ts';
import { isRecordKey } from '../chain/signed-head.ts';
import type { VouchedKey } from '../chain/signed-key.ts';
import type { Facts } from '../entry/entry.ts';

const PAGE = 500;
/** How many entries are looked at: a key is written once a day, and when a node starts. */
const LOOKED_MAX = 20_000;

/** The keys that the record itself says sign it, the newest first; nothing shows that they are the gateway's but who vouches for them. */
export async function keysIn(archive: Pick<Archive, 'find'>): Promise<readonly VouchedKey[]> {
  const column = { name: 'kind', value: 'record_key' } as const;
  const found = new Map<string, VouchedKey>();
  let before: bigint | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const page = await archive.find({ column, before, newestFirst: true, limit: PAGE });
    for (const { text } of page) {
      const { key, vouch } = JSON.parse(text) as Facts;
      if (isRecordKey(key)) found.set([key.kid, vouch?.kid, vouch?.signature].join(' '), { key, vouch });
    }
    if (page.length < PAGE) break;
    before = page.at(-1)?.id;
  }
  return [...found.values()];
}
