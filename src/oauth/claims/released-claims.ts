import type { ClaimsRequest, User, UserClaims } from '../../ticket/events.ts';
import type { Client } from '../clients/client.ts';
import { askableClaims } from './claims-request.ts';
import { claimsOfScopes } from './scope-claims.ts';

/** Where claims go: introspection tells no more than the scope does. */
export type ClaimsPlace = keyof ClaimsRequest | 'introspection';

/** What of a session decides which claims are released. */
export interface Releasing {
  readonly user: User;
  /** The scope of this very token. */
  readonly scope: readonly string[];
  /** What the request asked for beside, as it was checked. */
  readonly claims?: ClaimsRequest | undefined;
}

/**
 * What a client is told of a user: the claims of the token's scope, those that its operator registered it for, and what its
 * request asked for and it may still ask for. A claim that the user lacks is left out.
 *
 * @param client undefined where it is registered no more: then the scope alone counts.
 */
export function releasedClaims(
  { user, scope, claims }: Releasing,
  client: Client | undefined,
  place: ClaimsPlace,
): UserClaims {
  const { name, picture } = user;
  const known: Readonly<Record<string, UserClaims[string] | undefined>> = { ...user.claims, name, picture };
  const askable = client === undefined ? [] : askableClaims(client);
  const asked =
    place === 'introspection' ? [] : (claims?.[place] ?? []).filter((name) => askable.includes(name));
  const told = new Set([...claimsOfScopes(scope), ...(client?.claims ?? []), ...asked]);
  return Object.fromEntries(
    [...told].flatMap((claim) => {
      const value = known[claim];
      return value === undefined ? [] : [[claim, value]];
    }),
  );
}
