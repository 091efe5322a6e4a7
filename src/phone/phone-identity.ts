import type { User } from '../ticket/events.ts';

/** What a phone may show of itself: a bearer credential of a native app, or the approval page's own session. */
export interface PhoneCredential {
  readonly bearer?: string;
  /** The value of the approval page's session cookie. */
  readonly pageSession?: string;
}

/** The source is away and cannot say who holds the phone: nothing is lost, come back. */
export class PhoneSourceAway extends Error {
  override readonly name = 'PhoneSourceAway';
}

/** How a page signs a phone in with a source that has a web sign-in of its own. */
export interface PageSignIn {
  /** What the approval page's link says, for example the provider's name. */
  readonly label: string;
  /** The address under the gateway at which the sign-in starts; `return_to` is appended as a query parameter. */
  readonly startPath: string;
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
  identify(credential: PhoneCredential): Promise<User | undefined>;
  readonly pageSignIn?: PageSignIn;
}
