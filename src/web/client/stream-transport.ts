import { withQuery } from './address.ts';
import type { Platform } from './platform.ts';
import { makeSseParser } from './sse-parser.ts';
import { accessHeaders, endOfStatus, type Access, type Transport } from './transport.ts';

const RETRY_MS = 2000;

/** Waits on the same stream by `fetch`, for those who hold a bearer. It sees every byte, heartbeats too. */
export function streamTransport(platform: Platform, access: Access): Transport | undefined {
  const stream = platform.stream;
  if (!stream || access.bearer === undefined) return undefined;
  return {
    name: 'events',
    pushes: true,
    audible: true,
    scarce: true,
    open(cursor, events) {
      let retryMs = RETRY_MS;
      let status = 0;
      let header: (name: string) => string | null = () => null;
      const parser = makeSseParser({
        event(event) {
          if (event.event === 'ticket') events.notice(event.data);
        },
        retry(ms) {
          retryMs = ms;
        },
      });
      const headers = { ...accessHeaders(access), Accept: 'text/event-stream' };
      return stream(withQuery(access.links.events, 'after', cursor()), headers, {
        head(givenStatus, givenHeader) {
          status = givenStatus;
          header = givenHeader;
        },
        text(chunk) {
          events.alive();
          if (status === 200) parser.push(chunk);
        },
        end() {
          if (status === 204) events.end({ kind: 'over' });
          else if (status === 200) events.end({ kind: 'return', afterMs: retryMs });
          else events.end(endOfStatus({ status, header }));
        },
      });
    },
  };
}
