import { SIGNING_ALGS } from '../secrets/signing-keys.ts';
import { fillableScopes } from './claims/scope-claims.ts';
import { ASSERTION_ALGS } from './clients/client-assertion.ts';
import { PROOF_ALGS } from './dpop/proof.ts';
import { RESPONSE_TYPES } from '../ticket/events.ts';
import { RECEIPT_SCOPE } from './receipts/receipt.ts';
import { AUTH_METHODS, GRANT_TYPES } from './clients/client.ts';

/** What the discovery documents rest on. */
export interface MetadataOptions {
  readonly issuer: string;
  /** The claims of a user that some configured source can say. */
  readonly filledClaims: readonly string[];
  /** Those of the pages, as BCP 47 tags. */
  readonly languages: readonly string[];
  /** Whether clients may register themselves. */
  readonly registers: boolean;
  /** Whether `/docs` is there. */
  readonly hasDocs: boolean;
}

/** Both discovery documents (RFC 8414 §2, OpenID Connect Discovery §3): one content serves either. */
export function metadata(options: MetadataOptions): Readonly<Record<string, unknown>> {
  const { issuer, filledClaims: filled, languages, registers, hasDocs } = options;
  const at = (path: string): string => `${issuer}/oauth/${path}`;
  return {
    issuer,
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    userinfo_endpoint: at('userinfo'),
    jwks_uri: at('jwks'),
    device_authorization_endpoint: at('device_authorization'),
    pushed_authorization_request_endpoint: at('par'),
    revocation_endpoint: at('revoke'),
    introspection_endpoint: at('introspect'),
    end_session_endpoint: at('logout'),
    ...(registers ? { registration_endpoint: at('register') } : {}),
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    response_types_supported: RESPONSE_TYPES,
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: [...GRANT_TYPES, 'implicit'],
    subject_types_supported: ['public'],
    scopes_supported: ['openid', ...fillableScopes(filled), 'offline_access', RECEIPT_SCOPE],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'amr',
      'sid',
      'at_hash',
      ...filled,
    ],
    id_token_signing_alg_values_supported: SIGNING_ALGS,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: languages,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    dpop_signing_alg_values_supported: PROOF_ALGS,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: true,
    ...(hasDocs ? { service_documentation: `${issuer}/docs` } : {}),
  };
}
