import { withQuery } from './address.ts';
import type { Cancel, Platform } from './platform.ts';
import { accessHeaders, endOfStatus, type Access, type Transport } from './transport.ts';
import { SILENCE_MS } from './watchdog.ts';

const WAIT_S = 25;
const QUICK_MS = 1000;

/** Waits by long-poll: works wherever a request does, a browser of 2013 and a buffering proxy included. */
export function pollTransport(platform: Platform, access: Access): Transport {
  const clock = platform.clock;
  return {
    name: 'poll',
    pushes: false,
    audible: true,
    scarce: true,
    open(cursor, events) {
      let cancel: Cancel = () => {};
      const ask = (): void => {
        const askedMs = clock.now();
        const url = withQuery(withQuery(access.links.poll, 'after', cursor()), 'wait', String(WAIT_S));
        const headers = accessHeaders(access);
        cancel = platform.request({ method: 'GET', url, headers, timeoutMs: SILENCE_MS }, (response) => {
          if (response.status !== 200 && response.status !== 204) {
            events.end(endOfStatus(response));
            return;
          }
          const quick = clock.now() - askedMs < QUICK_MS;
          cancel = clock.after(quick ? QUICK_MS : 0, ask);
          if (response.status === 200) events.notice(response.body);
          else events.alive();
        });
      };
      ask();
      return () => cancel();
    },
  };
}
