import type { Ticket } from '../../ticket/ticket.ts';
import type { Client } from '../clients/client.ts';
import { releasedClaims } from './released-claims.ts';

/** What a client gets of a user by a sign-in, for the user to see before they confirm. */
export interface Release {
  /** The scopes that it is given. */
  readonly scopes: readonly string[];
  /** The names of the claims that it is told beside `sub`: of those that this user has. */
  readonly claims: readonly string[];
  /** Who else is shown its access tokens (RFC 8707). */
  readonly resource?: string;
}

/** What a scanned ticket's client gets of the user who scanned it. @param client undefined where it is registered no more. */
export function releaseOf({ minted, scanned }: Ticket, client: Client | undefined): Release {
  const { scope, claims, resource } = minted;
  const places = ['id_token', 'userinfo'] as const;
  const told = places.flatMap((place) =>
    scanned === undefined
      ? []
      : Object.keys(releasedClaims({ user: scanned.user, scope, claims }, client, place)),
  );
  return { scopes: scope, claims: [...new Set(told)], ...(resource === undefined ? {} : { resource }) };
}
