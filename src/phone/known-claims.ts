import type { UserClaims } from '../ticket/events.ts';

type ClaimCheck = (value: unknown) => boolean;

const EMAIL_MAX = 320;
const PHONE_MAX = 32;
const LOCALE_MAX = 35;
const TEXT_MAX = 400;
/** All claims of one user, in bytes of JSON: they travel in cookies and tokens. */
const CLAIMS_BYTES_MAX = 1500;

const isText =
  (max: number, shape: RegExp): ClaimCheck =>
  (value) =>
    typeof value === 'string' && value.length <= max && shape.test(value);
const isBoolean: ClaimCheck = (value) => typeof value === 'boolean';
// Printable: a claim is one safe line wherever it is shown.
const isValue: ClaimCheck = (value) =>
  typeof value === 'number' || isBoolean(value) || isText(TEXT_MAX, /^[^\p{C}]+$/u)(value);

/** The claims of OpenID Connect Core §5.1 that are kept beside name and picture, each as it must look. */
const STANDARD: Readonly<Record<string, ClaimCheck>> = {
  email: isText(EMAIL_MAX, /^[^\s\p{C}@]+@[^\s\p{C}@]+$/u),
  email_verified: isBoolean,
  phone_number: isText(PHONE_MAX, /^\+?[0-9 ()./;=a-z-]+$/),
  phone_number_verified: isBoolean,
  locale: isText(LOCALE_MAX, /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/),
};

/** The names of the standard claims beside name and picture. */
export const STANDARD_CLAIMS: readonly string[] = Object.keys(STANDARD);

/**
 * What a source's claims say of a user beside name and picture: exactly what it said, or nothing. Undefined where there is
 * nothing, or too much.
 *
 * @param custom names of claims that the operator wants kept as well: texts, numbers, booleans, and lists of these.
 */
export function keptClaims(
  claims: Readonly<Record<string, unknown>>,
  custom: readonly string[],
): UserClaims | undefined {
  const kept = [...Object.entries(STANDARD), ...custom.map((name) => [name, isCustom] as const)]
    .filter(([name, fits]) => Object.hasOwn(claims, name) && fits(claims[name]))
    .map(([name]) => [name, claims[name]] as const);
  if (kept.length === 0) return undefined;
  const found = Object.fromEntries(kept) as UserClaims;
  return new TextEncoder().encode(JSON.stringify(found)).length <= CLAIMS_BYTES_MAX ? found : undefined;
}

function isCustom(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isValue) : isValue(value);
}
