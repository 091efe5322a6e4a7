import { describe, expect, test } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import { assert, object, property, string } from 'fast-check';
import {
  farewellFrame,
  heartbeatFrame,
  noticeFrame,
  openingFrame,
} from '../../../src/http/transports/sse-frame.ts';
import type { Cursor } from '../../../src/ticket/cursor.ts';

describe('the bytes of an event stream', () => {
  test('begin with the reconnection time', () => {
    expect(openingFrame(2345, false)).toBe('retry: 2345\n');
  });

  test('hold 2 KB of comment on request, behind the reconnection time', () => {
    const frame = openingFrame(2345, true);
    expect(frame).toMatch(/^retry: 2345\n: {2048,}\n$/);
  });

  test('of a notice: name, id, data, and a comment right behind', () => {
    expect(noticeFrame('ticket', '2-77', { status: 'scanned', text: 'a\nb\u2028\r' })).toBe(
      'event: ticket\nid: 2-77\ndata: {"status":"scanned","text":"a\\nb\u2028\\r"}\n\n: \n',
    );
  });

  test('of a sign of life and of a farewell', () => {
    expect(heartbeatFrame()).toBe(': \n');
    expect(farewellFrame(99)).toBe('retry: 99\n');
  });

  test.each(['1-1\nevent: evil', '1-1\rdata: evil', '1-1\0', '\n'])(
    'injection by line feed: %j is refused',
    (text) => {
      expect(() => noticeFrame('ticket', text as Cursor, {})).toThrow(RangeError);
      expect(() => noticeFrame(text, '1-1', {})).toThrow(RangeError);
    },
  );

  test('are read back by an independent parser, whatever a notice holds', () => {
    assert(
      property(object({ key: string({ unit: 'binary' }) }), (notice) => {
        const events: { event?: string | undefined; id?: string | undefined; data: string }[] = [];
        createParser({ onEvent: (event) => events.push(event) }).feed(noticeFrame('session', '3-9', notice));
        expect(events).toEqual([{ event: 'session', id: '3-9', data: JSON.stringify(notice) }]);
      }),
    );
  });
});
