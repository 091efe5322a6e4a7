import type { Subject } from './subject.ts';

/**
 * Every key that Scangate has in Redis. What belongs to one partition shares the hash tag `{sg:<partition>}`, so that
 * a Cluster keeps it on one server and one function call can touch all of it.
 */
export interface PartitionKeys {
  /** Stream: every event of the partition, in order. */
  readonly log: string;
  /** Sorted set: subjects that are not final, by deadline. */
  readonly due: string;
  /** Sorted set: subjects by when the log first knew them; as old as the log. */
  readonly firsts: string;
  /** String: who may append, and who is still putting events back. */
  readonly fence: string;
  /** String: how long the log was last kept, in milliseconds; gone after as long. */
  readonly keep: string;
  /** Sorted set: the nodes that are alive, by when they last said so. */
  readonly nodes: string;
  /** Hash: how many events the log let go before the record's reader had them, and between which of its ids. */
  readonly unread: string;
}

/** The keys of one partition. */
export function partitionKeys(partition: number): PartitionKeys {
  const tag = `{sg:${partition}}`;
  return {
    log: `${tag}log`,
    due: `${tag}due`,
    firsts: `${tag}firsts`,
    fence: `${tag}fence`,
    keep: `${tag}keep`,
    nodes: `${tag}nodes`,
    unread: `${tag}unread`,
  };
}

/** String: a subject's head. */
export function headKey(partition: number, subject: Subject): string {
  return `{sg:${partition}}h:${subject}`;
}

/** What the ledger keeps: a value, a set, a count. One name may be all three. */
export type LedgerKind = 'value' | 'set' | 'count';

const LEDGER_LETTER: Record<LedgerKind, string> = { value: 'v', set: 's', count: 'c' };

export function ledgerKey(partition: number, kind: LedgerKind, name: string): string {
  return `{sg:${partition}}${LEDGER_LETTER[kind]}:${name}`;
}

/** Hash: format, partitions, epoch, and the last migration that ran. */
export const META_KEY = '{sg}meta';

/** String: who migrates at this moment. */
export const MIGRATION_LOCK_KEY = '{sg}migrating';
