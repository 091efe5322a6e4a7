import { parseNotice } from './notice.ts';
import type { Cancel, Platform } from './platform.ts';
import { accessHeaders, endOfStatus, type Access, type Transport } from './transport.ts';

const PAUSE_MS = 2000;
const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 15000;
const ANSWER_MS = 10000;

/** The last resort: asks for the ticket every few seconds, as often as the gateway advises. */
export function askTransport(platform: Platform, access: Access): Transport {
  return {
    name: 'ask',
    pushes: false,
    audible: true,
    scarce: false,
    open(_cursor, events) {
      let cancel: Cancel = () => {};
      const ask = (): void => {
        const request = {
          method: 'GET',
          url: access.links.self,
          headers: accessHeaders(access),
          timeoutMs: ANSWER_MS,
        } as const;
        cancel = platform.request(request, (response) => {
          if (response.status !== 200) {
            events.end(endOfStatus(response));
            return;
          }
          const wishMs = parseNotice(response.body)?.advice?.retry_after_ms ?? PAUSE_MS;
          const pauseMs = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, wishMs));
          cancel = platform.clock.after(pauseMs + platform.random() * PAUSE_MIN_MS, ask);
          events.notice(response.body);
        });
      };
      ask();
      return () => cancel();
    },
  };
}
