import type { NoteRefusal, PhoneUser } from './phone-identity.ts';

/** Keeps text from forgery; `compose` hands in one made of the secrets, for this purpose alone. */
export interface SealText {
  seal(text: string): string;
  open(sealed: string): string | undefined;
}

/** The approval page's own session: whom a source of the gateway signed in on this phone, until when. */
export interface PageSessions {
  /** The cookie's value for a user who has just signed in. */
  issue(user: PhoneUser): string;
  /** The user of a cookie's value; undefined where it is forged, from another source, or over. @param note told which. */
  read(value: string, source: string, note?: NoteRefusal): PhoneUser | undefined;
  /** When a cookie's value was issued, in milliseconds since the epoch, 0 where it does not say; undefined for a forged one. */
  issuedAt(value: string): number | undefined;
  /** How long a session lasts, in milliseconds. */
  readonly lifeMs: number;
}

interface Written {
  readonly user: PhoneUser;
  /** When it was issued; absent in cookies of older nodes. */
  readonly at?: number;
  readonly until: number;
}

/** Makes page sessions. @param now milliseconds since the epoch, by this node's clock. */
export function pageSessions(seal: SealText, lifeMs: number, now: () => number): PageSessions {
  return {
    lifeMs,
    issue(user) {
      const at = now();
      return seal.seal(JSON.stringify({ user, at, until: at + lifeMs } satisfies Written));
    },
    issuedAt(value) {
      const text = seal.open(value);
      return text === undefined ? undefined : ((JSON.parse(text) as Written).at ?? 0);
    },
    read(value, source, note) {
      const text = seal.open(value);
      const written = text === undefined ? undefined : (JSON.parse(text) as Written);
      if (written === undefined) note?.('the page session is forged, or sealed with a key that is gone');
      else if (written.user.source !== source) note?.('the page session is of another source');
      else if (now() >= written.until) note?.('the page session is over');
      else return written.user;
      return undefined;
    },
  };
}
