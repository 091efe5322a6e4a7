import { expect, test } from '@jest/globals';
import { traceIdIn } from '../../src/telemetry/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

test('a trace that is named as it must be is kept, also by a later version', () => {
  expect(traceIdIn(`00-${TRACE}-${PARENT}-01`)).toBe(TRACE);
  expect(traceIdIn(`01-${TRACE}-${PARENT}-01-more`)).toBe(TRACE);
});

test.each([
  undefined,
  '',
  ['a', 'b'],
  `ff-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-01-more`,
  `00-${TRACE}-${PARENT}-01more`,
  `01-${TRACE}-${PARENT}-01more`,
  `00-${TRACE}-${PARENT}`,
  TRACE,
])('no trace: %j', (header) => {
  expect(traceIdIn(header)).toBeUndefined();
});
