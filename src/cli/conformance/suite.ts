import type { Check } from './check.ts';
import { cursor } from './checks/cursor.ts';
import { eventStream } from './checks/event-stream.ts';
import { lateSubscriber } from './checks/late-subscriber.ts';
import { longPoll } from './checks/long-poll.ts';
import { origin } from './checks/origin.ts';
import { retry } from './checks/retry.ts';
import { secret } from './checks/secret.ts';
import { transition } from './checks/transition.ts';
import { webSocket } from './checks/web-socket.ts';

/** Every check there is, in the order of the table. */
export const SUITE: readonly Check[] = [
  ...lateSubscriber,
  ...transition,
  ...cursor,
  ...eventStream,
  ...longPoll,
  ...webSocket,
  ...secret,
  ...origin,
  ...retry,
];
