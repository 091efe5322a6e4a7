import { expect, test } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import { makeSseParser, type StreamEvent } from '../../src/web/client/sse-parser.ts';

const STREAM =
  '\uFEFFretry: 2000\n\nid: 1-77\nevent: ticket\ndata: {"a":"é 扫码 🎉"}\n\n: heartbeat\n\n' +
  'event:ticket\r\nid: 2-5\r\ndata: first\r\ndata:second\r\n\r\n\rdata\rdata: \r\rid: x\0y\ndata: kept id\n\nretry: 1e3\n\ndata: unfinished';

function read(chunks: readonly string[]): { events: StreamEvent[]; retries: number[] } {
  const events: StreamEvent[] = [];
  const retries: number[] = [];
  const parser = makeSseParser({ event: (event) => events.push(event), retry: (ms) => retries.push(ms) });
  chunks.forEach((chunk) => parser.push(chunk));
  return { events, retries };
}

test('a stream reads the same however its bytes are cut', () => {
  const bytes = new TextEncoder().encode(STREAM);
  const whole = read([new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)]);
  expect(whole).toEqual({
    events: [
      { event: 'ticket', data: '{"a":"é 扫码 🎉"}', id: '1-77' },
      { event: 'ticket', data: 'first\nsecond', id: '2-5' },
      { event: 'message', data: '\n', id: '2-5' },
      { event: 'message', data: 'kept id', id: '2-5' },
    ],
    retries: [2000],
  });
  for (let at = 0; at <= bytes.length; at++) {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const pieces = [bytes.slice(0, at), bytes.slice(at)].map((piece) =>
      decoder.decode(piece, { stream: true }),
    );
    expect([at, read(pieces)]).toEqual([at, whole]);
  }
  expect(read(STREAM.split(''))).toEqual(whole);
});

test('an independent parser reads the same', () => {
  const events: { event: string; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event: event ?? 'message', data }),
  });
  parser.feed(STREAM);
  expect(read([STREAM]).events.map(({ event, data }) => ({ event, data }))).toEqual(events);
});
