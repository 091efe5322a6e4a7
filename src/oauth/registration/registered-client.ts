import { POLICY, policyOf } from '../clients/client-policy.ts';
import type { Client } from '../clients/client.ts';
import type { RegisteredMetadata } from './metadata-request.ts';

/** A client that registered itself, as it is kept. It holds no secret: those derive from the key and what stands here. */
export interface Registration {
  readonly client_id: string;
  /** Which key of the ring makes its secrets. */
  readonly key_id: string;
  /** Told apart from the registration before; changes with each update. */
  readonly revision: string;
  /** Seconds since the epoch. */
  readonly issued_at: number;
  /** Seconds since the epoch: when it is gone unless it is read or updated before. */
  readonly ends_at: number;
  readonly metadata: RegisteredMetadata;
}

/** The secret of a confidential client; undefined where its key is no longer in the ring. */
export type SecretOf = (registration: Registration) => string | undefined;

/** Whether a client proves itself by a secret. */
export function hasSecret({ metadata: { token_endpoint_auth_method: method } }: Registration): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** What a registration comes to: PKCE always, nothing of an operator's policy, and nobody vouches for it. */
export function clientOf(registration: Registration, secretOf: SecretOf): Client {
  const { client_id: clientId, metadata } = registration;
  const secret = hasSecret(registration) ? secretOf(registration) : undefined;
  const { default_max_age: maxAge, jwks } = metadata;
  return Object.freeze({
    client_id: clientId,
    client_name: metadata.client_name ?? clientId,
    is_self_registered: true,
    redirect_uris: metadata.redirect_uris,
    post_logout_redirect_uris: metadata.post_logout_redirect_uris ?? [],
    grant_types: metadata.grant_types,
    response_types: metadata.response_types,
    claims: [],
    scope: metadata.scope.split(' ').filter((scope) => scope !== ''),
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    any_secret_method: false,
    require_pushed_authorization_requests: metadata.require_pushed_authorization_requests ?? false,
    dpop_bound_access_tokens: metadata.dpop_bound_access_tokens ?? false,
    ...(maxAge === undefined ? {} : { default_max_age: maxAge }),
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(jwks === undefined ? {} : { jwks }),
    id_token_signed_response_alg: metadata.id_token_signed_response_alg,
    policy: policyOf(POLICY.parse({})),
  } satisfies Client);
}
