import type { ClaimsRequest } from '../../ticket/events.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import { claimsOfScopes } from './scope-claims.ts';

const CLAIMS_LENGTH_MAX = 2000;

/**
 * Reads the `claims` parameter (OpenID Connect Core §5.5): which claims are asked for, of those that the client is
 * registered for. All else is left out, as §5.5.1 lets a server do with what it does not release.
 *
 * @throws OAuthError `invalid_request` for what is no such JSON, and for a `sub` of one value: here the phone says who it is.
 */
export function readClaimsRequest(client: Client, text: string | undefined): ClaimsRequest | undefined {
  if (text === undefined) return undefined;
  const asked = text.length > CLAIMS_LENGTH_MAX ? undefined : objectOf(parsed(text));
  if (asked === undefined)
    throw new OAuthError(
      'invalid_request',
      `claims must be a JSON object of at most ${CLAIMS_LENGTH_MAX} characters.`,
    );
  const allowed = askableClaims(client);
  const read = (member: 'id_token' | 'userinfo'): readonly string[] => {
    if (asked[member] === undefined || asked[member] === null) return [];
    const members = objectOf(asked[member]);
    if (members === undefined) throw new OAuthError('invalid_request', `claims.${member} must be an object.`);
    if (objectOf(members['sub'])?.['value'] !== undefined)
      throw new OAuthError('invalid_request', 'A sign-in for one sub alone is not supported.');
    return allowed.filter((name) => Object.hasOwn(members, name));
  };
  const found = { id_token: read('id_token'), userinfo: read('userinfo') };
  return found.id_token.length + found.userinfo.length === 0 ? undefined : found;
}

/** The claims that a client may ask for by name: those of the scopes, and those, that it is registered for. */
export function askableClaims({ scope, claims }: Pick<Client, 'scope' | 'claims'>): readonly string[] {
  return [...claimsOfScopes(scope), ...claims];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}
