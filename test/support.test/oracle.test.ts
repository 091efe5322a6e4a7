import { expect, test } from '@jest/globals';
import { judge } from '../support/oracle.ts';
import type { History, Logged, Observed } from '../support/oracle.ts';
import type { TicketStatus } from '../support/signin.ts';

const entry = (cursor: string, status: TicketStatus): Logged => ({ cursor, status });
const told = (cursor: string, status: TicketStatus, reset = false): Observed['told'][number] => ({
  cursor,
  status,
  reset,
});

const LOG = [
  entry('1-a', 'pending'),
  entry('2-b', 'scanned'),
  entry('3-c', 'confirmed'),
  entry('4-d', 'redeemed'),
];
const [PENDING, SCANNED, CONFIRMED] = LOG.map(({ cursor, status }) => told(cursor, status)) as [
  Observed['told'][number],
  Observed['told'][number],
  Observed['told'][number],
];

function history(parts: {
  log?: readonly Logged[];
  told?: Observed['told'];
  acknowledged?: readonly TicketStatus[];
  sessions?: readonly string[];
}): History {
  return {
    log: new Map([['t', parts.log ?? LOG]]),
    acknowledged: (parts.acknowledged ?? []).map((status) => ({ ticketId: 't', status, by: 'a writer' })),
    observed: parts.told ? [{ observer: 'an observer', ticketId: 't', told: parts.told }] : [],
    redeemed: (parts.sessions ?? []).map((sessionId) => ({ ticketId: 't', sessionId })),
  };
}

const broken = (given: History): string[] => judge(given).map(({ promise }) => promise);

test.each<[string, History]>([
  ['every state told', history({ told: [PENDING, SCANNED, CONFIRMED] })],
  ['a state skipped for a newer one', history({ told: [PENDING, CONFIRMED] })],
  ['a late observer', history({ told: [told('4-d', 'redeemed')] })],
  ['all acknowledged', history({ acknowledged: ['pending', 'scanned', 'confirmed', 'redeemed'] })],
  ['redeemed twice for one session', history({ sessions: ['s', 's'] })],
  [
    'a lost past withdrawn by a reset',
    history({ told: [PENDING, told('2-x', 'scanned'), told('1-a', 'pending', true), SCANNED, CONFIRMED] }),
  ],
  [
    'a reset that tells the same state',
    history({ told: [PENDING, SCANNED, told('2-b', 'scanned', true), CONFIRMED] }),
  ],
  [
    'a state that a reset withdrew and that came back',
    history({ told: [PENDING, SCANNED, told('1-a', 'pending', true), SCANNED, CONFIRMED] }),
  ],
  ['still pending', history({ log: LOG.slice(0, 1), told: [PENDING] })],
])('sound: %s', (_name, given) => {
  expect(judge(given)).toEqual([]);
});

test.each<[string, string, History]>([
  ['lost', 'an acknowledged denial is nowhere', history({ acknowledged: ['denied'] })],
  ['lost', 'a whole ticket is gone', history({ log: [], acknowledged: ['pending'] })],
  ['without outcome', 'told nothing', history({ told: [] })],
  ['without outcome', 'left on scanned', history({ told: [PENDING, SCANNED] })],
  ['skipped', 'the newest was never told', history({ told: [PENDING, SCANNED] })],
  ['told twice', 'the same state again', history({ told: [PENDING, PENDING, CONFIRMED] })],
  [
    'told twice',
    'the state of a reset again',
    history({ told: [PENDING, told('2-b', 'scanned', true), SCANNED, CONFIRMED] }),
  ],
  ['told twice', 'an older state again', history({ told: [PENDING, SCANNED, PENDING, CONFIRMED] })],
  ['went back', 'an older version', history({ told: [SCANNED, PENDING, CONFIRMED] })],
  [
    'went back',
    'a version again with another nonce',
    history({ told: [told('2-x', 'scanned'), SCANNED, CONFIRMED] }),
  ],
  ['phantom', 'a state that never was', history({ told: [PENDING, told('2-x', 'denied')] })],
  ['phantom', 'another status at a cursor', history({ told: [PENDING, told('2-b', 'denied'), CONFIRMED] })],
  [
    'phantom',
    'a reset came before it only',
    history({ told: [told('1-a', 'pending', true), told('2-x', 'denied')] }),
  ],
  ['doubled redemption', 'two sessions', history({ sessions: ['s', 'other'] })],
  ['broken log', 'a gap', history({ log: [LOG[0]!, entry('3-x', 'scanned')] })],
  ['broken log', 'the same version twice', history({ log: [...LOG.slice(0, 2), entry('2-x', 'denied')] })],
  ['broken log', 'something after the end', history({ log: [...LOG, entry('5-x', 'expired')] })],
  ['broken log', 'no beginning', history({ log: LOG.slice(1) })],
  ['rotation told', 'in the log', history({ log: [LOG[0]!, entry('2-x', 'pending')] })],
  [
    'rotation told',
    'to an observer',
    history({ told: [PENDING, told('2-x', 'pending'), told('3-c', 'confirmed')] }),
  ],
])('%s: %s', (promise, _name, given) => {
  expect(broken(given)).toContain(promise);
});
