import { expect, test } from '@jest/globals';
import { decodeEvent, encodeEvent } from '../../src/store/codec.ts';
import type { Append } from '../../src/store/event-store.ts';
import { TEXT_BYTES_MAX } from '../../src/store/event-store.ts';
import { traceOfEntry, withTrace } from '../../src/store/event-trace.ts';
import { entryOf, parseEntry } from '../../src/store/redis/format/log-entry.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { SESSION_EVENTS, TICKET_EVENTS } from './every-event.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function appendOf(data: string, type = 'confirmed'): Append {
  return {
    subject: 'ticket:AAAAAAAAAAAAAAAAAAAAAA',
    expected: '1-AAAAAAAAAAA',
    event: { id: '2-BBBBBBBBBBB', type, schema: 1, data },
    life: { ms: 1000 },
    when: 'before',
    head: { status: type, final: false, schema: 1, blob: '{}' },
  };
}

const entry = (append: Append): string => entryOf(append, { id: append.event.id, at: 5, deadline: 9 });

const EVENTS = [...Object.values(TICKET_EVENTS), ...Object.values(SESSION_EVENTS)];

test.each(EVENTS)('$type is read without its trace, and its entry names the trace', (event) => {
  const { data, type } = encodeEvent(event);
  const traced = withTrace(appendOf(data, type), TRACE);
  const text = entry(traced);
  expect(traceOfEntry(text)).toBe(type === 'minted' ? undefined : TRACE);
  expect(decodeEvent<TicketEvent>(parseEntry(text).event)).toEqual(
    decodeEvent<TicketEvent>(parseEntry(entry(appendOf(data, type))).event),
  );
});

test('what only looks like a trace is none', () => {
  const inner = JSON.stringify({ user: { name: 'x', traceparent: TRACE } });
  const said = JSON.stringify({ reason: `"traceparent":"${TRACE}"}` });
  const wrong = `{"traceparent":"${TRACE.replace('4', 'g')}"}`;
  for (const data of ['{}', inner, said, wrong]) expect(traceOfEntry(entry(appendOf(data)))).toBeUndefined();
});

test('data near its bound stays as it is', () => {
  const append = appendOf(JSON.stringify({ text: 'x'.repeat(TEXT_BYTES_MAX - 50) }));
  expect(withTrace(append, TRACE)).toBe(append);
});
