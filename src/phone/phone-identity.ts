import type { User } from '../ticket/events.ts';

/** A user as a phone's credential proves them now. */
export interface PhoneUser extends User {
  /**
   * When the user last signed in at the source, in seconds since the epoch (`auth_time`, OpenID Connect Core §2); absent
   * where the source does not say.
   */
  readonly auth_time?: number;
}

/** What a phone may show of itself: a bearer credential of a native app, or the approval page's own session. */
export interface PhoneCredential {
  readonly bearer?: string;
  /** The value of the approval page's session cookie. */
  readonly pageSession?: string;
}

/** Told why a credential proves nobody, in words that hold nothing of it. */
export type NoteRefusal = (why: string) => void;

/** The source is away and cannot say who holds the phone: nothing is lost, come back. */
export class PhoneSourceAway extends Error {
  override readonly name = 'PhoneSourceAway';
}

/** A sign-in that has begun: where the phone goes, and what must be there again when it comes back. */
export interface BegunSignIn {
  readonly address: string;
  /** Kept by the phone's browser, out of reach of scripts and of other sites, and handed to {@link PageSignIn.finish}. */
  readonly kept: Readonly<Record<string, string>>;
}

/** How a page signs a phone in with a source that has a web sign-in of its own. */
export interface PageSignIn {
  /** What the approval page's link says, for example the provider's name. */
  readonly label: string;
  /** The address under the gateway at which the sign-in starts; `return_to` is appended as a query parameter. */
  readonly startPath: string;
  /**
   * Begins a sign-in that comes back to `callback` with this `state`.
   *
   * @param agent the browser's `User-Agent`.
   * @param fresh whether the user is to sign in anew, though the source may know them still.
   * @throws PhoneSourceAway
   */
  begin(callback: string, state: string, agent: string, fresh?: boolean): Promise<BegunSignIn>;
  /**
   * The user who came back; undefined where the user gave up or the source refused. The caller has held `state`
   * against what the browser kept.
   *
   * @param came the callback's address as it was called, query included.
   * @throws PhoneSourceAway
   */
  finish(came: URL, state: string, kept: Readonly<Record<string, string>>): Promise<PhoneUser | undefined>;
}

/**
 * Who holds the phone.
 *
 * - `identify` answers the user that a credential proves now, or undefined: a bad, foreign or outdated credential is
 *   never an error. It keeps no state of tickets.
 * - A credential of another source answers undefined at once, without a call upstream.
 * - Where an upstream must be asked and is away, it throws {@link PhoneSourceAway} within its own bound.
 * - Nothing of the credential appears in an error or a log.
 */
export interface PhoneIdentity {
  /** Its name, as in `SCANGATE_PHONE_IDENTITY` and as {@link User.source}. */
  readonly source: string;
  /** Whether it can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
  /** @param note told why, where the answer is undefined. Absent: nobody wants to know. */
  identify(credential: PhoneCredential, note?: NoteRefusal): Promise<PhoneUser | undefined>;
  readonly pageSignIn?: PageSignIn;
}
