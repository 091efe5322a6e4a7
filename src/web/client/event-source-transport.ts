import { withQuery } from './address.ts';
import type { Platform } from './platform.ts';
import type { Access, Transport } from './transport.ts';

const CLOSED = 2;
const ERRORS_MAX = 4;

/**
 * Waits on the browser's own EventSource, which cannot send a bearer. It comes back by itself with `Last-Event-ID`, but
 * gives up for good on a 502, and does not show comments.
 */
export function eventSourceTransport(platform: Platform, access: Access): Transport | undefined {
  const openEventSource = platform.openEventSource;
  if (!openEventSource || access.bearer !== undefined) return undefined;
  return {
    name: 'events',
    pushes: true,
    audible: false,
    scarce: true,
    open(cursor, events) {
      let errors = 0;
      const source = openEventSource(withQuery(access.links.events, 'after', cursor()));
      source.addEventListener('ticket', (message) => {
        errors = 0;
        events.notice(message.data);
      });
      source.onopen = () => events.alive();
      source.onerror = () => {
        errors += 1;
        if (source.readyState === CLOSED || errors >= ERRORS_MAX) events.end({ kind: 'broken' });
      };
      return () => source.close();
    },
  };
}
