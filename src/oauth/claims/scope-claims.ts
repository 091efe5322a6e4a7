/** The scopes that ask for claims, and which (OpenID Connect Core §5.4). */
export const SCOPE_CLAIMS = {
  profile: ['name', 'picture', 'locale'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type ClaimScope = keyof typeof SCOPE_CLAIMS;

const CLAIM_SCOPES = Object.keys(SCOPE_CLAIMS) as readonly ClaimScope[];

/** The claims that some scopes ask for. */
export function claimsOfScopes(scopes: readonly string[]): readonly string[] {
  return CLAIM_SCOPES.filter((scope) => scopes.includes(scope)).flatMap((scope) => SCOPE_CLAIMS[scope]);
}

/** Which of the scopes that ask for claims some source of phones can fill. @param filled the claims that one can. */
export function fillableScopes(filled: readonly string[]): readonly string[] {
  return CLAIM_SCOPES.filter((scope) => SCOPE_CLAIMS[scope].some((claim) => filled.includes(claim)));
}

/** Whether a scope asks for claims, and no source can fill any. */
export function isUnfillable(scope: string, filled: readonly string[]): boolean {
  return CLAIM_SCOPES.some((known) => known === scope) && !fillableScopes(filled).includes(scope);
}
