import type { Complete } from '../ticket/complete.ts';
import { keptClaims } from './known-claims.ts';
import { personName } from './person-name.ts';
import type { PhoneUser } from './phone-identity.ts';

const SUBJECT_MAX = 255;
const PICTURE_MAX = 1000;
/** Seconds since the epoch, in the year 5138; milliseconds have been more since 1973. */
const MOMENT_MAX = 100_000_000_000;

/**
 * A user from the claims of a source (OpenID Connect Core §5.1): `sub`, and `name` and `picture` where they can be
 * shown, what else is kept of them, and `auth_time` where it can be seconds. Undefined without a usable `sub`.
 *
 * @param custom names of claims of the operator's own that are kept too.
 */
export function userOf(
  source: string,
  issuer: string,
  claims: Readonly<Record<string, unknown>>,
  custom: readonly string[] = [],
): PhoneUser | undefined {
  const { sub, name, picture, auth_time: authTime } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_MAX) return undefined;
  const shown = typeof name === 'string' ? personName(name) : undefined;
  const more = keptClaims(claims, custom);
  const user = {
    source,
    issuer,
    subject: sub,
    ...(shown === undefined ? {} : { name: shown }),
    ...(isPicture(picture) ? { picture } : {}),
    ...(more === undefined ? {} : { claims: more }),
    ...(isMoment(authTime) ? { auth_time: Math.floor(authTime) } : {}),
  };
  return user satisfies Complete<PhoneUser, typeof user>;
}

function isMoment(authTime: unknown): authTime is number {
  return typeof authTime === 'number' && authTime > 0 && authTime < MOMENT_MAX;
}

function isPicture(picture: unknown): picture is string {
  return (
    typeof picture === 'string' &&
    picture.length <= PICTURE_MAX &&
    URL.canParse(picture) &&
    new URL(picture).protocol === 'https:'
  );
}
