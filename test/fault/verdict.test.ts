import { expect, test } from '@jest/globals';
import type { Acknowledgement, Observation } from '../chaos/chronicle.ts';
import type { LogLine } from '../chaos/log.ts';
import { lateness } from '../chaos/lateness.ts';
import { delaysToTruth, percentile, secondsWithoutWrites } from '../chaos/measures.ts';
import { judgeRemains } from '../chaos/verdict.ts';
import type { EndState, Remains } from '../chaos/verdict.ts';

const line = (cursor: string, status: LogLine['status'], user?: string): LogLine => ({
  cursor,
  status,
  at: 1000 * Number(cursor.split('-')[0]),
  ...(user !== undefined && { user }),
});
const PENDING = line('1-11', 'pending');
const SCANNED = line('2-22', 'scanned', 'alice');
const CONFIRMED = line('3-33', 'confirmed');
const REDEEMED = line('4-44', 'redeemed');
const WHOLE = [PENDING, SCANNED, CONFIRMED, REDEEMED];

const told = ({ cursor, status }: LogLine, reset = false): Observation['told'][number] => ({
  cursor,
  status,
  reset,
  atMs: 5000,
});
const browser = (notices: Observation['told'], gone = false): Observation => ({
  observer: 'a browser',
  ticketId: 't',
  startedMs: 0,
  told: notices,
  endings: [],
  gone,
});
const answered = (
  status: Acknowledgement['status'],
  more: Partial<Acknowledgement> = {},
): Acknowledgement => ({
  ticketId: 't',
  status,
  by: 'someone',
  gateway: 0,
  atMs: 2000,
  ...more,
});
const end = (more: Partial<EndState> = {}): EndState => ({
  ticketId: 't',
  gateway: 0,
  answer: 200,
  cursor: '4-44',
  status: 'redeemed',
  ...more,
});

/** A whole sign-in that went well, but for what is given. */
function remains(given: Partial<Omit<Remains, 'log'>> & { readonly log?: readonly LogLine[] } = {}): Remains {
  const { log = WHOLE, ...rest } = given;
  return {
    log: new Map(log.length === 0 ? [] : [['t', log]]),
    acknowledged: [
      answered('pending', { cursor: '1-11' }),
      answered('scanned', { user: 'alice' }),
      answered('confirmed'),
      answered('redeemed'),
    ],
    observed: [browser([told(PENDING), told(SCANNED), told(CONFIRMED)])],
    redeemed: [{ ticketId: 't', sessionId: 's' }],
    ends: [end()],
    ...rest,
  };
}

const columns = (given: Remains): string[] => [...new Set(judgeRemains(given).map(({ column }) => column))];

test('a sign-in that went well breaks nothing', () => {
  expect(judgeRemains(remains())).toEqual([]);
});

test.each<[string, Remains, string]>([
  [
    'a confirmation that is not in the log',
    remains({ log: [PENDING, SCANNED], ends: [], observed: [] }),
    'lost',
  ],
  [
    'a mint whose id is another one',
    remains({ acknowledged: [answered('pending', { cursor: '1-99' })] }),
    'lost',
  ],
  ['a scan by someone else', remains({ acknowledged: [answered('scanned', { user: 'bob' })] }), 'lost'],
  ['a ticket that is gone', remains({ log: [], observed: [], ends: [] }), 'lost'],
  ['a gateway that forgot a ticket', remains({ ends: [end({ answer: 404 })] }), 'lost'],
  [
    'tokens of two sessions',
    remains({
      redeemed: [
        { ticketId: 't', sessionId: 's' },
        { ticketId: 't', sessionId: 'another' },
      ],
    }),
    'doubled',
  ],
  [
    'a race that two won',
    remains({ acknowledged: [answered('confirmed'), answered('cancelled')] }),
    'doubled',
  ],
  ['an event twice in the log', remains({ log: [...WHOLE, REDEEMED], observed: [], ends: [] }), 'doubled'],
  [
    'two events at one version',
    remains({
      log: [PENDING, SCANNED, line('2-99', 'scanned', 'bob')],
      acknowledged: [],
      observed: [],
      ends: [],
    }),
    'doubled',
  ],
  ['a state that never was', remains({ observed: [browser([told(line('3-99', 'confirmed'))])] }), 'phantom'],
  ['a gateway that says what never was', remains({ ends: [end({ cursor: '4-99' })] }), 'phantom'],
  [
    'a browser left behind',
    remains({ observed: [browser([told(PENDING), told(SCANNED)])] }),
    'without outcome',
  ],
  ['a browser that heard nothing', remains({ observed: [browser([])] }), 'without outcome'],
  [
    'a browser told that all is gone',
    remains({ observed: [browser([told(PENDING)], true)] }),
    'without outcome',
  ],
  [
    'a gateway left behind',
    remains({ ends: [end({ cursor: '2-22', status: 'scanned' })] }),
    'without outcome',
  ],
  ['a gateway that does not answer', remains({ ends: [end({ answer: 503 })] }), 'without outcome'],
  [
    'a thing told twice',
    remains({ observed: [browser([told(PENDING), told(PENDING), told(CONFIRMED)])] }),
    'disorder',
  ],
])('%s is seen', (_what, given, column) => {
  expect(columns(given)).toContain(column);
});

test('a reset withdraws what was told before it', () => {
  const withdrawn = [told(PENDING), told(line('2-99', 'scanned')), told(SCANNED, true), told(CONFIRMED)];
  expect(judgeRemains(remains({ observed: [browser(withdrawn)] }))).toEqual([]);
});

const farewell = told(line('1-0', 'expired'), true);
const lostTicket = { log: [], redeemed: [], ends: [end({ answer: 404 })] };

test('a pardoned loss is none, where the browser was told of it', () => {
  const pardon = { endedBeforeMs: 6000 };
  const parted = remains({ ...lostTicket, pardon, observed: [browser([told(PENDING), farewell])] });
  expect(judgeRemains(parted)).toEqual([]);
  const refused = remains({ ...lostTicket, pardon, observed: [browser([told(PENDING)], true)] });
  expect(judgeRemains(refused)).toEqual([]);
});

test('a pardoned loss that the browser was not told of leaves it without outcome', () => {
  const silent = remains({
    ...lostTicket,
    pardon: { endedBeforeMs: 6000 },
    observed: [browser([told(PENDING), told(SCANNED)])],
  });
  expect(columns(silent)).toEqual(['without outcome']);
});

test('a browser that had its outcome before a pardoned loss has left', () => {
  const left = remains({ ...lostTicket, pardon: { endedBeforeMs: 6000 } });
  expect(judgeRemains(left)).toEqual([]);
});

test('a loss that is younger than the pardon is a loss', () => {
  const young = remains({ ...lostTicket, pardon: { endedBeforeMs: 1500 }, observed: [browser([farewell])] });
  expect(columns(young)).toContain('lost');
});

test('a pardon for what is older than the ring does not cover a ticket that had not ended', () => {
  const living = remains({
    log: [],
    redeemed: [],
    acknowledged: [{ ticketId: 't', status: 'scanned', by: 'a phone', gateway: 0, atMs: 1000 }],
    pardon: { endedBeforeMs: 6000 },
    observed: [browser([farewell])],
  });
  expect(columns(living)).toContain('lost');
});

test('no pardon covers a double', () => {
  const doubled = remains({ log: [...WHOLE, REDEEMED], pardon: { tickets: new Set(['t']) } });
  expect(columns(doubled)).toContain('doubled');
});

test('the longest time without writes is the worst gateway’s, the ends included', () => {
  const acknowledged = [0, 100, 900].map((atMs) => answered('pending', { atMs }));
  expect(secondsWithoutWrites(acknowledged, [0], 0, 1000)).toBe(0.8);
  expect(secondsWithoutWrites(acknowledged, [0], 0, 3000)).toBe(2.1);
  expect(secondsWithoutWrites(acknowledged, [0, 1], 0, 1000)).toBe(1);
});

test('a delay runs from the event, or from where the browser began', () => {
  const observed = [{ ...browser([told(PENDING), told(CONFIRMED)]), startedMs: 1500 }];
  const log = new Map([['t', [PENDING, SCANNED, CONFIRMED]]]);
  expect(delaysToTruth(observed, log, [], true)).toEqual([3500, 3000, 2000]);
  expect(delaysToTruth(observed, log, [answered('confirmed', { atMs: 4000 })], false)).toEqual([1000]);
  expect(percentile([5, 1, 9], 0.99)).toBe(9);
  expect(percentile([], 0.99)).toBe(0);
});

test('what took too long is late', () => {
  const measured = { withoutWritesS: 3, p99Ms: 4000, switchS: 2 };
  expect(lateness({ writesAfterSwitchS: 1.5 }, measured)).toEqual([]);
  expect(lateness({}, { ...measured, p99Ms: 5100 })).toHaveLength(1);
  expect(lateness({ outageS: 10 }, { ...measured, p99Ms: 5100 })).toEqual([]);
  expect(lateness({ writesAfterSwitchS: 1.5 }, { ...measured, withoutWritesS: 3.6 })).toHaveLength(1);
});

test('a gateway that was asked before a ticket moved is right, and one that said less than stood by then is not', () => {
  const ends = [end({ cursor: '2-22', status: 'scanned' })];
  const before = (...lines: readonly LogLine[]): Pick<Remains, 'before'> => ({
    before: new Map([['t', lines]]),
  });
  expect(judgeRemains(remains({ ends, ...before(PENDING, SCANNED) }))).toEqual([]);
  expect(judgeRemains(remains({ ends, ...before(PENDING) }))).toEqual([]);
  expect(columns(remains({ ends, ...before(PENDING, SCANNED, CONFIRMED) }))).toEqual(['without outcome']);
});
