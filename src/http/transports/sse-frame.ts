import { EventBuffer } from 'better-sse';
import type { Cursor } from '../../ticket/cursor.ts';

const PADDING = ' '.repeat(2048);

function oneLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RangeError('a field of an event is one line');
  return ` ${text}`;
}

function frame(): EventBuffer {
  return new EventBuffer({ sanitizer: oneLine });
}

// A blank line stands behind data alone: some readers hand an empty event on at each one, where a browser hands on none.

/**
 * How a stream begins: the reconnection time in milliseconds, and 2 KB that say nothing for browsers that wait for them.
 * No blank line ends it, so it stands in one block with the first event.
 */
export function openingFrame(retryMs: number, padding: boolean): string {
  const buffer = frame().retry(retryMs);
  if (padding) buffer.comment(PADDING);
  return buffer.read();
}

/** A notice, and a comment right behind it: some filters hold an event back until something follows. */
export function noticeFrame(eventName: string, cursor: Cursor, notice: unknown): string {
  return frame().event(eventName).id(cursor).data(notice).dispatch().comment().read();
}

/** A sign of life. */
export function heartbeatFrame(): string {
  return frame().comment().read();
}

/** The last word of a stream that is to be opened again, after this many milliseconds. */
export function farewellFrame(retryMs: number): string {
  return frame().retry(retryMs).read();
}
