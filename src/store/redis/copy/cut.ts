import type { Head } from '../../event-store.ts';
import { headKey, partitionKeys } from '../../keys.ts';
import { kindOf } from '../../subject.ts';
import type { Subject } from '../../subject.ts';
import { parseHead } from '../format/head.ts';
import { parseEntry } from '../format/log-entry.ts';
import type { Master } from './masters.ts';

/** A partition at one instant, as far as it moved behind a place of its log. */
export interface PartitionCut {
  /** The last id of the log. */
  readonly last: string;
  /** The heads of the subjects that moved. */
  readonly heads: readonly Head[];
}

/**
 * One step of the server: the log's last id, and the heads, as they are kept, of every subject that moved behind a place.
 *
 *   KEYS log   ARGV place, how the keys of heads begin   reply {last id, {subject, head or nil, ...}}
 */
const MOVED = `
local last, seen, moved = ARGV[1], {}, {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+')) do
  last = entry[1]
  local subject = string.match(entry[2][2], '^%["([^"]+)"')
  if subject and not seen[subject] then
    seen[subject] = true
    moved[#moved + 1] = subject
    moved[#moved + 1] = redis.call('GET', ARGV[2] .. subject)
  end
end
return { last, moved }`;

/** Makes the cut. @param place the id of an entry that was the last one before. */
export async function cutIn(master: Master, partition: number, place: string): Promise<PartitionCut> {
  const { log } = partitionKeys(partition);
  const keyOf = (subject: string): string => headKey(partition, subject as Subject);
  const [reply] = await master.ask([['EVAL', MOVED, 1, log, place, keyOf('')]]);
  const [last, moved] = reply as [string, (string | null)[]];
  const heads: Head[] = [];
  for (let i = 0; i < moved.length; i += 2) {
    const [subject, kept] = [moved[i] as Subject, moved[i + 1] ?? null];
    if (kept === null || kindOf(subject) === 'canary') continue;
    const text = await whole(master, log, kept);
    if (text !== null) heads.push(parseHead(subject, text));
  }
  return { last, heads };
}

const SHORTENED = /^(2 \d+ [01] \d+ \d+ \S+ \S+ )@(\d+-\d+) (.*)$/s;

/** A head as the functions answer it (migrations/0001-event-store.lua); null where the log lacks what it was minted with. */
async function whole(master: Master, log: string, kept: string): Promise<string | null> {
  const [, fields, entryId, rest] = SHORTENED.exec(kept) ?? [];
  if (fields === undefined || entryId === undefined || rest === undefined) return kept;
  const [reply] = await master.ask([['XRANGE', log, entryId, entryId]]);
  const text = (reply as [string, string[]][])[0]?.[1][1];
  return text === undefined ? null : `${fields}{"minted":${parseEntry(text).event.data}${rest}`;
}
