import type { ScanAnswer } from './scan-answer.ts';

/** Claims that say the same to a person as another one. */
const SAID_BY: Readonly<Record<string, string>> = {
  email_verified: 'email',
  phone_number_verified: 'phone_number',
};

/**
 * What an application gets, each once: claims by their names in OpenID Connect, `sub` before them, and the scopes that bring more
 * than claims last. All of it is named in words but what the operator has made up.
 */
export function releasedNames({ claims, scopes }: NonNullable<ScanAnswer['release']>): readonly string[] {
  const names = ['sub'];
  claims.forEach((claim) => {
    const name = SAID_BY[claim] ?? claim;
    if (names.indexOf(name) < 0) names.push(name);
  });
  return names.concat(['offline_access', 'receipt'].filter((scope) => scopes.indexOf(scope) >= 0));
}
