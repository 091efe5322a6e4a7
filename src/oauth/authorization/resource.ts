import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';

/**
 * The resource that a request's access tokens are for (RFC 8707 §2): one of those that the client is registered for.
 *
 * @throws OAuthError `invalid_target`.
 */
export function readResource(client: Client, resource: string | undefined): string | undefined {
  if (resource === undefined || client.policy.resources?.includes(resource) === true) return resource;
  throw new OAuthError('invalid_target', 'The client is not registered for this resource.');
}
