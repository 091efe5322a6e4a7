import { originOf } from './address.ts';
import type { SignInRefusal, SignInResult } from './notice.ts';

/** Where a page on the redirect address finds the verifier: this and the `state`. */
export const VERIFIER_KEY = 'scangate.verifier.';

// A web address, or an app's own scheme, which has a period (RFC 8252 §7.1): no script, no data.
const REDIRECT = /^(https?:\/\/|[a-z][a-z0-9+-]*\.[a-z0-9+.-]+:)/i;

/** Whether a page may be sent to an address: it is no script and no data. */
export function mayFollow(address: string): boolean {
  return REDIRECT.test(address);
}

/** Keeps a verifier for the redirect address; false where the browser forbids keeping anything. */
export function keepVerifier(state: string, verifier: string): boolean {
  try {
    sessionStorage.setItem(VERIFIER_KEY + state, verifier);
    return true;
  } catch {
    return false;
  }
}

/** Takes a kept verifier out; it is good for one redemption. */
export function takeVerifier(state: string): string | undefined {
  try {
    const verifier = sessionStorage.getItem(VERIFIER_KEY + state);
    sessionStorage.removeItem(VERIFIER_KEY + state);
    return verifier ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Goes to the redirect address. When that is on the page's own origin and the verifier is the client's, it is kept in
 * `sessionStorage` under `scangate.verifier.<state>` first, for the page there to redeem the code with.
 */
export function followResult(result: SignInResult | SignInRefusal, verifier: string | undefined): void {
  const address = result.redirect_to;
  if (!address || !mayFollow(address)) return;
  const own = originOf(address) === location.protocol + '//' + location.host;
  if (verifier !== undefined && own) keepVerifier(result.state ?? '', verifier);
  location.assign(address);
}
