import type { User } from '../ticket/events.ts';
import type { PageSessions } from './page-session.ts';
import type { PhoneIdentity } from './phone-identity.ts';

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._@+' -]{0,63}$/u;
const PREFIX = 'demo-';

/** The pretend user of a name; undefined where it is not 1 to 64 letters, digits and a few marks. */
export function demoUser(name: string): User | undefined {
  return NAME.test(name) ? { source: 'demo', issuer: 'demo', subject: name, name } : undefined;
}

/** Anyone is whoever they say: `Bearer demo-<name>`, or the name that the approval page asked for. */
export function demoIdentity(sessions: PageSessions): PhoneIdentity {
  return {
    source: 'demo',
    identify({ bearer, pageSession }, note) {
      if (bearer === undefined)
        return Promise.resolve(
          pageSession === undefined ? undefined : sessions.read(pageSession, 'demo', note),
        );
      const user = bearer.startsWith(PREFIX) ? demoUser(bearer.slice(PREFIX.length)) : undefined;
      if (user === undefined) note?.('the bearer is not "demo-" and a name');
      return Promise.resolve(user);
    },
  };
}
