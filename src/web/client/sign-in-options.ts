import type { SignInResult } from './notice.ts';
import type { SignInState } from './sign-in-state.ts';
import type { TransportName } from './transport.ts';

/** What a page asks for; the names are those of OAuth, in camel case. */
export interface SignInOptions {
  readonly clientId: string;
  /** The gateway's public address; when missing, where the client's script was loaded from, else the page's own origin. */
  readonly gateway?: string;
  readonly redirectUri?: string;
  readonly scope?: string;
  readonly state?: string;
  readonly nonce?: string;
  /** An S256 challenge whose verifier somebody else holds. When missing, the client makes both. */
  readonly codeChallenge?: string;
  /** For the gateway's own page: what it was handed of an authorization request. Then no challenge is made. */
  readonly request?: string;
  /** Has who scanned and the code sealed to a key of this page alone. The gateway may demand it of a client. */
  readonly sealed?: boolean;
  /** Only these ways to wait, in the order socket, events, poll, ask; all when missing. */
  readonly transports?: readonly TransportName[];
  /** Told about every change, and once at the start. */
  readonly onState?: (state: SignInState) => void;
  /** Told once when the user has confirmed. */
  readonly onResult?: (result: SignInResult, verifier: string | undefined) => void;
}
