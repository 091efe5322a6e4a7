import { entryReply } from '../commands/streams.ts';
import type { Value } from '../data/keyspace.ts';
import { FIRST, LAST } from '../data/stream-id.ts';
import { has } from '../server/call.ts';
import type { Engine } from '../server/engine.ts';
import { formatDouble } from '../server/number.ts';
import type { Reply } from '../server/reply.ts';

/** How far from their end keys are not compared, in milliseconds: one of two servers may be past it. */
const NEAR_END_MS = 5;

/** What an engine keeps, as {@link RealServer.dump} has it: everything, or some keys. */
export function dumpOf(engine: Engine, keys?: readonly string[]): ReadonlyMap<string, Reply> {
  return engine.look((call) => {
    const dump = new Map<string, Reply>();
    for (const key of keys ?? call.data.keys()) {
      const value = call.data.get(key);
      if (value === undefined || !has(call, key)) continue;
      dump.set(key, [value.kind, call.data.endOf(key) ?? -1, contentOf(value)]);
    }
    return dump;
  });
}

function contentOf(value: Value): Reply {
  switch (value.kind) {
    case 'string':
      return value.text;
    case 'set':
      return [...value.members];
    case 'hash':
      return [...value.fields].flat();
    case 'zset':
      return value.all().flatMap(({ member, score }) => [member, formatDouble(score)]);
    case 'stream':
      return value.range(FIRST, LAST).map(entryReply);
  }
}

/** Those keys of a dump that are surely there at an instant, as comparable text. */
export function comparable(dump: ReadonlyMap<string, Reply>, now: number): Record<string, string> {
  const keys: [string, string][] = [];
  for (const [key, value] of dump) {
    const [kind, end, content] = value as readonly [string, number, Reply];
    if (end >= 0 && Math.abs(end - now) <= NEAR_END_MS) continue;
    const isOrdered = kind === 'zset' || kind === 'stream' || kind === 'string';
    const listed = isOrdered ? content : inOrder(kind, content as readonly string[]);
    keys.push([key, JSON.stringify([kind, end, listed])]);
  }
  return Object.fromEntries(keys.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function inOrder(kind: string, content: readonly string[]): readonly string[] {
  if (kind === 'set') return [...content].sort();
  const pairs = content.flatMap((name, i) => (i % 2 === 0 ? [`${name}=${content[i + 1]}`] : []));
  return pairs.sort();
}
