import { describe, expect, test } from '@jest/globals';
import type { History, LoggedEvent, TicketCall } from './history.ts';
import { call, goodHistory, logged, notice, refused, session } from './good-history.ts';
import type { Change } from './good-history.ts';
import { judge } from './judge.ts';

const lawsOf = (change: Change): readonly string[] => [
  ...new Set(judge(goodHistory(change)).map(({ law }) => law)),
];
const without =
  (cursor: string) =>
  ({ log }: History): readonly LoggedEvent[] =>
    log.filter((event) => event.cursor !== cursor);
const asIf = (calls: readonly TicketCall[], at: number, one: TicketCall): readonly TicketCall[] =>
  calls.map((each, i) => (i === at ? one : each));

describe('a history as it should be', () => {
  const good: readonly (readonly [string, Change])[] = [
    ['as it is', () => ({})],
    [
      'whose unanswered call happened after all',
      ({ calls }) => ({
        calls: calls.filter((one) => one.command !== 'confirm' || one.outcome.kind === 'unknown'),
      }),
    ],
    [
      'in which a call of unknown outcome never happened',
      ({ calls }) => ({
        calls: [...calls, { ...call('cancel', 'browser', 2, 4, 'cancelled'), outcome: { kind: 'unknown' } }],
      }),
    ],
    [
      'in which the loser of a race is told who won',
      ({ calls }) => ({ calls: [...calls, refused('cancel', 'browser', 11, 18, 'redeemed')] }),
    ],
    [
      'whose mint was lost where mints may be lost',
      () => ({
        calls: [
          call('mint', 'browser', 0, 1, 'pending', '1-1'),
          refused('scan', 'ada', 5, 6, 'absent'),
          refused('read', 'browser', 9, 10, 'absent'),
        ],
        notices: [notice(1, 'pending', '1-1'), notice(10, 'absent', '1-0', true)],
        log: [],
        sessionCalls: [],
        pardon: { mints: true, emptiedAt: [], lifeMinMs: 60_000 },
      }),
    ],
    [
      'whose ended ticket and session are gone with all data',
      ({ calls }) => ({
        calls: [...calls, refused('read', 'browser', 60, 61, 'absent')],
        sessionCalls: [
          session('open', 16, 17, { kind: 'done', token: '1-5' }),
          session('read', 60, 61, { kind: 'refused' }),
        ],
        log: [],
        pardon: { mints: true, emptiedAt: [50], lifeMinMs: 60_000 },
      }),
    ],
    [
      'whose client repeats a refresh too late, which ends the session',
      ({ sessionCalls }) => ({
        sessionCalls: [
          ...sessionCalls.slice(0, 2),
          { ...session('refresh', 15_000, 15_001, { kind: 'refused' }), token: '1-5' },
          session('read', 15_002, 15_003, { kind: 'refused' }),
        ],
      }),
    ],
  ];
  test.each(good)('%s', (_name, change) => expect(judge(goodHistory(change))).toEqual([]));
});

describe('each law is seen broken', () => {
  test('two decisions that exclude each other are acknowledged', () => {
    expect(
      lawsOf(({ calls }) => ({ calls: [...calls, call('cancel', 'browser', 10, 12, 'cancelled', '3-9')] })),
    ).toEqual(expect.arrayContaining(['one decision', 'linearizable', 'there in the end']));
  });

  test('two phones are told that they scanned', () => {
    expect(
      lawsOf(({ calls }) => ({ calls: [...calls, call('scan', 'eve', 5, 6, 'scanned', '2-8')] })),
    ).toEqual(expect.arrayContaining(['one decision', 'linearizable']));
  });

  test('two redemptions are acknowledged', () => {
    expect(
      lawsOf(({ calls }) => ({ calls: [...calls, call('redeem', 'other key', 18, 19, 'redeemed', '4-4')] })),
    ).toEqual(expect.arrayContaining(['one decision', 'linearizable']));
  });

  test('an old state is told after a decision was acknowledged', () => {
    const change: Change = ({ calls }) => ({
      calls: [...calls, call('read', 'other', 14.5, 15, 'scanned', '2-2')],
    });
    expect(lawsOf(change)).toEqual(['linearizable']);
  });

  test('the same version is told under two nonces', () => {
    const change: Change = ({ calls }) => ({
      calls: asIf(calls, 2, call('read', 'browser', 6, 7, 'scanned', '2-7')),
    });
    expect(lawsOf(change)).toContain('linearizable');
  });

  test('a refusal names a decision that was never made', () => {
    const change: Change = ({ calls }) => ({
      calls: [...calls, refused('scan', 'eve', 16.1, 16.2, 'denied')],
    });
    expect(lawsOf(change)).toEqual(['linearizable', 'phantom']);
  });

  test('a ticket that was scanned is gone', () => {
    expect(
      lawsOf(({ calls }) => ({ calls: [...calls, refused('read', 'browser', 18, 19, 'absent')] })),
    ).toEqual(['linearizable']);
  });

  test('a confirmation that was acknowledged is not in the log', () => {
    expect(lawsOf((history) => ({ log: without('3-3')(history) }))).toEqual([
      'there in the end',
      'whole log',
    ]);
  });

  test('a state that only a browser was told is not in the log', () => {
    const change: Change = ({ calls }) => ({
      calls: calls.slice(0, 2),
      sessionCalls: [],
      notices: [notice(7, 'scanned', '2-9')],
    });
    expect(lawsOf(change)).toContain('there in the end');
  });

  test.each([
    ['an older state after a newer one', notice(16, 'scanned', '2-2')],
    ['another nonce of the same version', notice(16, 'confirmed', '3-4')],
    ['that its ticket is gone', notice(16, 'absent', '1-0')],
  ])('a browser is told %s without a reset', (_name, late) => {
    expect(lawsOf(({ notices }) => ({ notices: [...notices, late] }))).toContain('monotone');
    expect(lawsOf(({ notices }) => ({ notices: [...notices, { ...late, reset: true }] }))).not.toContain(
      'monotone',
    );
  });

  test('something is told, or logged, that nobody asked for', () => {
    const change: Change = ({ notices, log }) => ({
      notices: [...notices, notice(16, 'denied', '5-5')],
      log: [...log, logged('ticket:other', '1-1', '', 'minted', 3)],
    });
    const seen = judge(goodHistory(change)).filter(({ law }) => law === 'phantom');
    expect(seen.map(({ subject }) => subject)).toEqual(['t', 'ticket:other']);
  });

  test('a state is told before it was asked for', () => {
    expect(lawsOf(({ notices }) => ({ notices: [notice(4, 'scanned', '2-2'), ...notices] }))).toContain(
      'phantom',
    );
  });

  test('the log names another scanner than anyone who scanned', () => {
    const change: Change = ({ log }) => ({
      log: log.map((event) => (event.type === 'scanned' ? { ...event, actor: 'eve' } : event)),
    });
    expect(lawsOf(change)).toEqual(['phantom']);
  });

  test.each<[string, (log: readonly LoggedEvent[]) => readonly LoggedEvent[]]>([
    ['has an event twice', (log) => [...log, log[5] as LoggedEvent]],
    ['has a gap', (log) => log.filter(({ cursor }) => cursor !== '1-5')],
    [
      'has events behind one that they do not follow',
      (log) => log.map((one) => (one.cursor === '4-4' ? { ...one, after: '3-9' } : one)),
    ],
    [
      'has a stamp that goes back',
      (log) => log.map((one) => (one.cursor === '4-4' ? { ...one, at: 10 } : one)),
    ],
    ['has a step that no rule has', (log) => [...log, logged('ticket:t', '5-7', '4-4', 'expired', 90_000)]],
    [
      'expires early',
      () => [logged('session:s', '1-5', '', 'opened', 16), logged('session:s', '2-6', '1-5', 'expired', 20)],
    ],
  ])('the log %s', (_name, broken) => {
    expect(lawsOf(({ log }) => ({ log: broken(log) }))).toContain('whole log');
  });

  test('an honest client is taken for a thief', () => {
    const change: Change = ({ sessionCalls }) => ({
      sessionCalls: [
        ...sessionCalls.slice(0, 2),
        { ...session('refresh', 22, 23, { kind: 'refused' }), token: '1-5' },
      ],
    });
    expect(lawsOf(change)).toEqual(['honest refresh']);
  });

  test('a refresh that was acknowledged is gone', () => {
    expect(lawsOf((history) => ({ log: without('2-6')(history) }))).toEqual(['there in the end']);
  });

  test('a session goes on after its revocation was acknowledged', () => {
    const change: Change = ({ sessionCalls, log }) => ({
      sessionCalls: [...sessionCalls, session('revoke', 24, 25, { kind: 'done' })],
      log: [...log, logged('session:s', '3-7', '2-6', 'revoked', 24)],
    });
    expect(lawsOf(change)).toEqual(['there in the end']);
  });
});
