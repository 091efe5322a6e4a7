import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { Seen } from '../../watch/world.ts';
import type { Ending, Reader } from '../../contract/transport.ts';

/** One event stream, read strictly. */
export interface SseReader extends Reader {
  readonly events: readonly EventSourceMessage[];
  readonly comments: readonly { readonly text: string; readonly at: number }[];
  readonly retries: readonly number[];
  /** All bytes so far. */
  text(): string;
  /** Kept when the headers are there. */
  readonly head: Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders }>;
}

/** An event stream, read by node:http and eventsource-parser. */
export function sseReader(url: string, headers: Record<string, string> = {}): SseReader {
  const told: Seen[] = [];
  const events: EventSourceMessage[] = [];
  const comments: { text: string; at: number }[] = [];
  const retries: number[] = [];
  const chunks: string[] = [];
  const parser = createParser({
    onEvent: (event) => {
      events.push(event);
      const notice = JSON.parse(event.data) as Seen;
      if (event.event !== 'ticket' || event.id !== notice.cursor) throw new Error('an event without its id');
      told.push(notice);
    },
    onComment: (text) => comments.push({ text, at: performance.now() }),
    onRetry: (ms) => retries.push(ms),
    onError: (error) => {
      throw error;
    },
  });
  const sent = request(url, { agent: false, headers });
  const head = new Promise<{ status: number; headers: IncomingHttpHeaders }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => resolve({ status: response.statusCode!, headers: response.headers }));
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const { statusCode } = response;
      if (statusCode === 204) resolve('over');
      else if (statusCode !== 200)
        resolve(statusCode === 400 ? 'bad' : statusCode === 404 ? 'unknown' : 'again');
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (text: string) => {
        chunks.push(text);
        if (statusCode === 200) parser.feed(text);
      });
      response.on('end', () => {
        const last = told.at(-1);
        resolve(last === undefined || ['pending', 'scanned'].includes(last.status) ? 'again' : 'over');
      });
    });
  });
  head.catch(() => undefined);
  ended.catch(() => undefined);
  sent.end();
  return {
    told,
    events,
    comments,
    retries,
    ended,
    head,
    text: () => chunks.join(''),
    leave: () => sent.destroy(),
  };
}
