import type { MintedData } from './events.ts';

/** How far the clock of a phone's source may be ahead, in seconds. */
const AHEAD_MAX_S = 30;

/**
 * Whether a user's sign-in at the phone's source is as fresh as a ticket asks (OpenID Connect Core §3.1.2.1, `max_age`):
 * one since the ticket was minted always is. A ticket that asks takes none whose time is unknown, or lies ahead.
 *
 * @param authTime seconds since the epoch.
 * @param mintedAt milliseconds since the epoch, as is `now`.
 */
export function isFreshEnough(
  { max_age: maxAge }: Pick<MintedData, 'max_age'>,
  authTime: number | undefined,
  mintedAt: number,
  now: number,
): boolean {
  if (maxAge === undefined) return true;
  const notBefore = Math.min(mintedAt, now - maxAge * 1000);
  if (authTime === undefined || authTime > now / 1000 + AHEAD_MAX_S) return false;
  return authTime >= Math.floor(notBefore / 1000);
}
