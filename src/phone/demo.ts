import type { User } from '../ticket/events.ts';
import type { PageSessions } from './page-session.ts';
import { personName } from './person-name.ts';
import type { NoteRefusal, PhoneIdentity, PhoneUser } from './phone-identity.ts';

const PREFIX = 'demo-';
/** The longest subject (OpenID Connect Core §2), in UTF-16 units. */
const NAME_MAX = 255;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The pretend user of a name, whose subject is the very name; undefined for none, or one of over 255 characters: cut, it would be another user's. */
export function demoUser(name: string): User | undefined {
  if (name === '' || name.length > NAME_MAX) return undefined;
  const shown = personName(name);
  return {
    source: 'demo',
    issuer: 'demo',
    subject: name,
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
      const user = bearer.startsWith(PREFIX) ? demoUser(readUtf8(bearer.slice(PREFIX.length))) : undefined;
      if (user === undefined) note?.('the bearer is not "demo-" and a name');
      return Promise.resolve(user && { ...user, auth_time: Math.floor(now() / 1000) });
    },
  };
}

/** A header's bytes come as Latin-1. Those that are UTF-8 are read as that, others stay what they are. */
function readUtf8(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.toString('latin1') !== text) return text;
  try {
    return utf8.decode(bytes);
  } catch {
    return text;
  }
}
