import { expect, test } from '@jest/globals';
import { judgeRecord } from '../chaos/record.ts';
import type { RecordGiven, RecordLine } from '../chaos/record.ts';

const at = { by: 'someone', gateway: 0, atMs: 0 };
const given: RecordGiven = {
  log: new Map([
    [
      't1',
      [
        { cursor: '1-a', status: 'pending', at: 1 },
        { cursor: '2-b', status: 'scanned', at: 2, user: 'ada' },
        { cursor: '3-c', status: 'confirmed', at: 3 },
        { cursor: '4-d', status: 'redeemed', at: 4 },
      ],
    ],
  ]),
  chronicle: {
    acknowledged: [
      { ...at, ticketId: 't1', status: 'pending', cursor: '1-a' },
      { ...at, ticketId: 't1', status: 'scanned', user: 'ada' },
      { ...at, ticketId: 't1', status: 'confirmed' },
      { ...at, ticketId: 't1', status: 'redeemed' },
    ],
    asked: new Set(['t1 scanned', 't1 confirmed', 't1 redeemed']),
    redeemed: [{ ticketId: 't1', sessionId: 's1' }],
  },
};

function line(id: number, kind: string, cursor: string): RecordLine {
  return { id: String(id), kind, cursor, ticket_id: 't1', ...(kind === 'scanned' && { user: 'ada' }) };
}

const WHOLE: readonly RecordLine[] = [
  line(1, 'minted', '1-a'),
  line(2, 'scanned', '2-b'),
  line(3, 'confirmed', '3-c'),
  line(4, 'redeemed', '4-d'),
  { ...line(5, 'opened', '1-e'), session_id: 's1' },
];

const columnsOf = (lines: readonly RecordLine[]): string[] => [
  ...new Set(judgeRecord(lines, given).map(({ column }) => column)),
];

test('a record that has each event once breaks no promise, also where one was taken back', () => {
  expect(judgeRecord(WHOLE, given)).toEqual([]);
  const takenBack = [line(6, 'confirmed', '3-z'), line(7, 'superseded', '3-z')];
  expect(judgeRecord([...WHOLE, ...takenBack], given)).toEqual([]);
});

test.each([
  ['one is missing', WHOLE.filter(({ kind }) => kind !== 'confirmed'), ['lost']],
  ['a session is missing', WHOLE.slice(0, 4), ['lost']],
  ['one stands there twice', [...WHOLE, line(6, 'confirmed', '3-c')], ['doubled']],
  ['the log never had one', [...WHOLE, line(6, 'denied', '3-z')], ['phantom']],
  ['it is of someone else', WHOLE.map((each) => ({ ...each, user: 'eve' })), ['lost']],
  ['what the log has is said to be taken back', [...WHOLE, line(6, 'superseded', '3-c')], ['lost']],
  ['there is a gap', [...WHOLE, { id: '6', kind: 'gap', count: 3 }], ['lost']],
  ['the order is wrong', WHOLE.toReversed(), ['disorder']],
])('%s: it is noticed', (_what, lines, columns) => {
  expect(columnsOf(lines)).toEqual(columns);
});

test('what nobody asked for is invented, though the log has it', () => {
  const { chronicle, log } = given;
  const asked = new Set(['t1 scanned', 't1 redeemed']);
  expect(judgeRecord(WHOLE, { log, chronicle: { ...chronicle, asked } })).toMatchObject([
    { column: 'phantom' },
  ]);
});

test('what came after the log was read is invented only where the log does not have it later', () => {
  const { log, chronicle } = given;
  const later = new Map([...log, ['t2', [{ cursor: '1-x', status: 'expired', at: 9 } as const]]]);
  const lines = [...WHOLE, { ...line(6, 'expired', '1-x'), ticket_id: 't2' }];
  expect(judgeRecord(lines, { log, later, chronicle })).toEqual([]);
  expect(judgeRecord(lines, given)).toMatchObject([{ column: 'phantom', ticketId: 't2' }]);
});
