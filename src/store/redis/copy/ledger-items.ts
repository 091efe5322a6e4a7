import type { LedgerItem } from '../../copy.ts';
import { ledgerKey } from '../../keys.ts';
import type { Command, KeyParts, Master } from './masters.ts';

/** The entries of the ledger under some keys, with when they end. */
export async function ledgerItems(
  master: Master,
  parts: readonly KeyParts[],
): Promise<readonly LedgerItem[]> {
  const entries = parts.flatMap(({ partition, kind, name }) =>
    kind === 'head' ? [] : [{ partition, kind, name }],
  );
  const replies = await master.ask(
    entries.flatMap(({ partition, kind, name }): readonly Command[] => {
      const key = ledgerKey(partition, kind, name);
      if (kind === 'set') return [['ZRANGE', key, 0, -1, 'WITHSCORES'], ['TIME']];
      return [
        ['GET', key],
        ['PEXPIRETIME', key],
      ];
    }),
  );
  return entries.flatMap(({ kind, name }, i): readonly LedgerItem[] => {
    const [content, end] = [replies[2 * i], replies[2 * i + 1]];
    if (kind === 'set') {
      const members = membersIn(content as readonly string[]);
      return members.length === 0 ? [] : [{ kind, name, members }];
    }
    // It ended since, or nobody gave it an end.
    if (content === null || Number(end) <= 0) return [];
    return kind === 'count'
      ? [{ kind, name, count: Number(content), end: Number(end) }]
      : [{ kind, name, value: content as string, end: Number(end) }];
  });
}

function membersIn(reply: readonly string[]): readonly (readonly [member: string, end: number])[] {
  return reply.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(reply[i + 1])] as const] : []));
}
