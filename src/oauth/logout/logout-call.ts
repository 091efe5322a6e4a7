import type { CallOutward } from '../../outward/outward.ts';

/** Hands a logout token to a client's address. False: it was not acknowledged. It never throws. */
export type CallLogout = (address: string, token: string) => Promise<boolean>;

/** Of an answer, nothing counts but its status. */
const BYTES_MAX = 65_536;

/** Calls as OpenID Connect Back-Channel Logout §2.5 has it. */
export function logoutCalls(call: CallOutward): CallLogout {
  return async (address, token) => {
    try {
      const { status } = await call(address, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ logout_token: token }).toString(),
        bytesMax: BYTES_MAX,
      });
      return status >= 200 && status < 300;
    } catch {
      return false;
    }
  };
}
