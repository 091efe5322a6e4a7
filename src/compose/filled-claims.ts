import type { Config } from '../config/config.ts';
import type { PhoneIdentityName } from '../config/phone-identities.ts';
import { SCOPE_CLAIMS, claimsOfScopes } from '../oauth/claims/scope-claims.ts';
import { STANDARD_CLAIMS } from '../phone/known-claims.ts';

/** The claims of a user that some configured source of phones can say. */
export function filledClaims(config: Config): readonly string[] {
  return [...new Set(config.phoneIdentities.flatMap((name) => claimsOf(name, config)))];
}

function claimsOf(name: PhoneIdentityName, config: Config): readonly string[] {
  const custom = config.SCANGATE_PHONE_CLAIMS ?? [];
  switch (name) {
    case 'demo':
      return ['name'];
    case 'wechat':
      return ['name', 'picture'];
    case 'jwt':
      return [...SCOPE_CLAIMS.profile, ...STANDARD_CLAIMS, ...custom];
    case 'oidc':
      return [...claimsOfScopes(config.SCANGATE_PHONE_OIDC_SCOPE.split(' ')), ...custom];
  }
}

/** Whether some configured source of phones can say when a user signed in there. WeChat says nothing of it. */
export function someoneKnowsAuthTime({ phoneIdentities }: Pick<Config, 'phoneIdentities'>): boolean {
  return phoneIdentities.some((name) => name !== 'wechat');
}
