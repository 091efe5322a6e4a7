import type { Life } from '../ticket/life.ts';
import type { SessionEvent } from './events.ts';

/** The life that an event gives a session: what `opened` set counts to the end, a refresh does not prolong it. */
export function sessionLifeOf(event: SessionEvent): Life {
  switch (event.type) {
    case 'opened':
      return { ms: event.data.life_ms };
    case 'refreshed':
      return { ms: 0, extend: true };
    case 'revoked':
    case 'expired':
      return { ms: 0 };
  }
}
