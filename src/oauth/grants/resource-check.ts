import { readResource } from '../authorization/resource.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import type { TokenRequest } from './grant.ts';

/**
 * A token request may repeat the resource of its grant, and name no other (RFC 8707 §2.2); and its client must still be
 * registered for it.
 *
 * @throws OAuthError `invalid_target`.
 */
export function checkResource(
  granted: string | undefined,
  client: Client,
  { form }: Pick<TokenRequest, 'form'>,
): void {
  readResource(client, granted);
  const { resource } = form;
  if (resource !== undefined && resource !== granted)
    throw new OAuthError('invalid_target', 'The grant is not for this resource.');
}
