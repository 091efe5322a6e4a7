import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import type { TokenAnswer } from './tokens.ts';

/** A request to the token endpoint. */
export interface TokenRequest {
  readonly form: Readonly<Record<string, string | undefined>>;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** Runs one grant for a client that proved itself. @throws OAuthError */
export type RunGrant = (client: Client, request: TokenRequest) => Promise<TokenAnswer>;

/** A parameter that must be there. @throws OAuthError `invalid_request` that names it. */
export function required({ form }: Pick<TokenRequest, 'form'>, name: string): string {
  const value = form[name];
  if (value === undefined || value === '') throw new OAuthError('invalid_request', `${name} is missing.`);
  return value;
}
