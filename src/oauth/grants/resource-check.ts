import { OAuthError } from '../error.ts';
import type { TokenRequest } from './grant.ts';

/** A token request may repeat the resource of its grant, and name no other (RFC 8707 §2.2). @throws OAuthError `invalid_target`. */
export function checkResource(granted: string | undefined, { form }: Pick<TokenRequest, 'form'>): void {
  const { resource } = form;
  if (resource !== undefined && resource !== granted)
    throw new OAuthError('invalid_target', 'The grant is not for this resource.');
}
