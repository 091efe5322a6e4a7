import type { User } from '../ticket/events.ts';
import type { PageSessions } from './page-session.ts';
import { personName } from './person-name.ts';
import type { PhoneIdentity } from './phone-identity.ts';

const PREFIX = 'demo-';
const NAME_MAX = 400;
const NAMELESS = 'someone';

/** The pretend user of a name, whose subject is the name as it is shown; undefined for none, or one of over 400 characters. */
export function demoUser(name: string): User | undefined {
  if (name === '' || name.length > NAME_MAX) return undefined;
  const shown = personName(name);
  return {
    source: 'demo',
    issuer: 'demo',
    subject: shown ?? NAMELESS,
    ...(shown === undefined ? {} : { name: shown }),
  };
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
