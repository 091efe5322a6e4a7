import type { User } from '../ticket/events.ts';
import type { PageSessions } from './page-session.ts';
import { personName } from './person-name.ts';
import type { NoteRefusal, PhoneIdentity, PhoneUser } from './phone-identity.ts';

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

/**
 * Anyone is whoever they say: `Bearer demo-<name>`, which signs in anew each time, or the name that the approval page
 * asked for.
 *
 * @param now milliseconds since the epoch.
 */
export function demoIdentity(sessions: PageSessions, now: () => number): PhoneIdentity {
  function ofPage(pageSession: string, note: NoteRefusal | undefined): PhoneUser | undefined {
    const user = sessions.read(pageSession, 'demo', note);
    const at = sessions.issuedAt(pageSession) ?? 0;
    return user === undefined || at === 0 ? user : { ...user, auth_time: Math.floor(at / 1000) };
  }

  return {
    source: 'demo',
    knowsAuthTime: true,
    identify({ bearer, pageSession }, note) {
      if (bearer === undefined)
        return Promise.resolve(pageSession === undefined ? undefined : ofPage(pageSession, note));
      const user = bearer.startsWith(PREFIX) ? demoUser(bearer.slice(PREFIX.length)) : undefined;
      if (user === undefined) note?.('the bearer is not "demo-" and a name');
      return Promise.resolve(user && { ...user, auth_time: Math.floor(now() / 1000) });
    },
  };
}
