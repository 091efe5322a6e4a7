import type { Message, WaitingMessage } from '../../webhooks/message-queue.ts';
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

export function stateChange(receiver: string, state: QueueState): Change {
  return { key: stateKey(receiver), value: stateRow(state) };
}

export function byReceiver<T extends { readonly receiver: string }>(
  all: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(each.receiver);
    if (group === undefined) groups.set(each.receiver, [each]);
    else group.push(each);
  }
  return groups;
}
