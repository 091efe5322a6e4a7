import type { Gap, Message, WaitingMessage } from '../../webhooks/message-queue.ts';
import { placeKey, stateKey } from './queue-keys.ts';
import { bytesOf, stateRow, waitingRow } from './queue-rows.ts';
import type { QueueState } from './queue-rows.ts';

/** A key that is to be written, or to go. */
export interface Change {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** A queue after changes that are not written yet. */
export interface Changed {
  readonly changes: readonly Change[];
  readonly state: QueueState;
}

/** Puts messages at the end of a queue. */
export function added(receiver: string, before: QueueState, messages: readonly Message[]): Changed {
  let { last, count, bytes } = before;
  const changes = messages.map((message): Change => {
    last += 1;
    count += 1;
    bytes += bytesOf(message);
    return { key: placeKey('q', receiver, BigInt(last)), value: waitingRow(message, 0, 0) };
  });
  return { changes, state: { ...before, last, count, bytes } };
}

/** Takes messages out of a queue. */
export function removed(receiver: string, before: QueueState, there: readonly WaitingMessage[]): Changed {
  const bytes = there.reduce((sum, one) => sum - bytesOf(one), before.bytes);
  const changes = there.map(({ place }): Change => {
    return { key: placeKey('q', receiver, BigInt(place)), value: null };
  });
  const count = Math.max(0, before.count - there.length);
  return { changes, state: { ...before, bytes: Math.max(0, bytes), count } };
}

/** What is to be written of it, how the queue stands included. */
export function written(receiver: string, { changes, state }: Changed): readonly Change[] {
  return changes.length === 0 ? [] : [...changes, stateChange(receiver, state)];
}

/** The gap once these go too. A message that told of one stands for those that it counts. */
export function gapOver(before: Gap | null, going: readonly WaitingMessage[]): Gap | null {
  return going.reduce<Gap | null>((gap, { id, subject, text }) => {
    const isGap = subject === 'gap' || subject === 'lost';
    const told = isGap ? (JSON.parse(text) as { count?: number; from_id?: string }) : {};
    const { count = 1, from_id: from = id } = told;
    if (gap === null) return { count, from, to: id };
    const isFirst = isBelow(from, gap.from);
    return {
      count: gap.count + count,
      from: isFirst ? from : gap.from,
      to: isBelow(id, gap.to) ? gap.to : id,
    };
  }, before);
}

/** Of ids in decimal. */
function isBelow(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}

export function stateChange(receiver: string, state: QueueState): Change {
  return { key: stateKey(receiver), value: stateRow(state) };
}
