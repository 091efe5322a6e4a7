import type { Time } from '../../time/time.ts';

/** Hands a logout token to a client's address. False: it was not acknowledged. It never throws. */
export type CallLogout = (address: string, token: string) => Promise<boolean>;

/**
 * Calls as OpenID Connect Back-Channel Logout §2.5 has it. No redirect is followed, no answer is read, and no call is
 * waited for longer than the bound.
 *
 * @param timeoutMs the bound of one call.
 * @param refuse throws for an address that is not to be called.
 */
export function logoutCalls(
  time: Time,
  timeoutMs: number,
  refuse: (address: string) => Promise<void>,
): CallLogout {
  return async (address, token) => {
    const bound = new AbortController();
    const cancel = time.after(timeoutMs, () => bound.abort());
    try {
      await refuse(address);
      const response = await fetch(address, {
        method: 'POST',
        redirect: 'error',
        signal: bound.signal,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ logout_token: token }).toString(),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    } finally {
      cancel();
    }
  };
}
