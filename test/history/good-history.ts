import type { History, LoggedEvent, Notice, SessionCall, TicketCall } from './history.ts';

/** A part of a history that a test replaces. */
export type Change = (history: History) => Partial<History>;

/** One sign-in as it should be: minted, scanned, confirmed, redeemed, refreshed once, and a lost answer on the way. */
export function goodHistory(change: Change = () => ({})): History {
  const history: History = {
    calls: [
      call('mint', 'browser', 0, 1, 'pending', '1-1'),
      call('scan', 'ada', 5, 6, 'scanned', '2-2'),
      call('read', 'browser', 6, 7, 'scanned', '2-2'),
      { ...call('confirm', 'ada', 10, 12, 'confirmed'), outcome: { kind: 'unknown' } },
      call('confirm', 'ada', 13, 14, 'confirmed', '3-3'),
      call('read', 'browser', 14, 15, 'confirmed', '3-3'),
      call('redeem', 'key', 16, 17, 'redeemed', '4-4'),
    ],
    notices: [notice(1, 'pending', '1-1'), notice(7, 'scanned', '2-2'), notice(15, 'confirmed', '3-3')],
    sessionCalls: [
      session('open', 16, 17, { kind: 'done', token: '1-5' }),
      { ...session('refresh', 20, 21, { kind: 'unknown' }), token: '1-5' },
      { ...session('refresh', 22, 23, { kind: 'done', token: '2-6' }), token: '1-5' },
      session('read', 30, 31, { kind: 'done' }),
    ],
    log: [
      logged('ticket:t', '1-1', '', 'minted', 0),
      { ...logged('ticket:t', '2-2', '1-1', 'scanned', 5), actor: 'ada' },
      logged('ticket:t', '3-3', '2-2', 'confirmed', 11),
      logged('ticket:t', '4-4', '3-3', 'redeemed', 16),
      logged('session:s', '1-5', '', 'opened', 16),
      logged('session:s', '2-6', '1-5', 'refreshed', 20),
    ],
    pardon: { mints: false, emptiedAt: [], lifeMinMs: 60_000 },
    replayWindowMs: 10_000,
  };
  return { ...history, ...change(history) };
}

/** One call that was answered with success. */
export function call(
  command: TicketCall['command'],
  actor: string,
  invokedAt: number,
  returnedAt: number,
  status: Notice['status'],
  cursor?: string,
): TicketCall {
  const outcome = { kind: 'done', status, ...(cursor === undefined ? {} : { cursor }) } as const;
  return { ticket: 't', command, actor, invokedAt, returnedAt, outcome };
}

/** One call that another decision had come before. */
export function refused(
  command: TicketCall['command'],
  actor: string,
  invokedAt: number,
  returnedAt: number,
  status: Notice['status'],
): TicketCall {
  return { ticket: 't', command, actor, invokedAt, returnedAt, outcome: { kind: 'refused', status } };
}

export function session(
  command: SessionCall['command'],
  invokedAt: number,
  returnedAt: number,
  outcome: SessionCall['outcome'],
): SessionCall {
  return { session: 's', command, invokedAt, returnedAt, outcome };
}

export function notice(at: number, status: Notice['status'], cursor: string, reset = false): Notice {
  return { ticket: 't', watcher: 'browser', at, status, cursor, reset };
}

export function logged(
  subject: string,
  cursor: string,
  after: string,
  type: string,
  at: number,
): LoggedEvent {
  return { subject, version: Number.parseInt(cursor, 10), cursor, after, type, at, deadline: at + 60_000 };
}
