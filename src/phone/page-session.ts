import type { NoteRefusal, PhoneUser } from './phone-identity.ts';

/** Keeps text from forgery; `compose` hands in one made of the secrets, for this purpose alone. */
export interface SealText {
  seal(text: string): string;
  open(sealed: string): string | undefined;
}

/** The approval page's own session: whom a source of the gateway signed in on this phone, until when. */
export interface PageSessions {
  /** The cookie's value for a user who has just signed in. @param round what `PageEnds` says of sessions that begin now. */
  issue(user: PhoneUser, round?: string): string;
  /** The user of a cookie's value; undefined where it is forged, from another source, or over. @param note told which. */
  read(value: string, source: string, note?: NoteRefusal): PhoneUser | undefined;
  /** The round that a cookie's value was issued in; undefined where it names none, or is forged. */
  roundOf(value: string): string | undefined;
  /** When a cookie's value was issued, in milliseconds since the epoch, 0 where it does not say; undefined for a forged one. */
  issuedAt(value: string): number | undefined;
  /** How long a session lasts, in milliseconds. */
  readonly lifeMs: number;
}

/** The longest life of a page session, whatever is set, in milliseconds: no browser keeps a cookie longer (RFC 6265bis §5.5). */
export const PAGE_SESSION_LIFE_MAX_MS = 400 * 86_400_000;

interface Written {
  readonly user: PhoneUser;
  /** When it was issued; absent in cookies of older nodes. */
  readonly at?: number;
  readonly until: number;
  /** Absent: before its user signed out everywhere for the first time. */
  readonly round?: string;
}

/** Makes page sessions. @param now milliseconds since the epoch, by this node's clock. */
export function pageSessions(seal: SealText, lifeMs: number, now: () => number): PageSessions {
  return {
    lifeMs,
    issue(user, round) {
      const at = now();
      const written: Written = { user, at, until: at + lifeMs, ...(round === undefined ? {} : { round }) };
      return seal.seal(JSON.stringify(written));
    },
    roundOf(value) {
      const text = seal.open(value);
      return text === undefined ? undefined : (JSON.parse(text) as Written).round;
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
