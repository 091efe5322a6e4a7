import { DEVICE_GRANT } from './client.ts';
import type { Client } from './client.ts';

/** The built-in client `demo` of a gateway whose phone identity is `demo`: public, both grants. */
export function demoClient(issuer: string): Client {
  return {
    client_id: 'demo',
    client_name: 'Scangate demo',
    is_built_in: true,
    client_uri: `${issuer}/`,
    redirect_uris: [`${issuer}/demo/callback`],
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    response_types: ['code'],
    post_logout_redirect_uris: [`${issuer}/`],
    claims: [],
    scope: ['openid', 'profile', 'offline_access'],
    token_endpoint_auth_method: 'none',
    any_secret_method: false,
    require_pushed_authorization_requests: false,
    dpop_bound_access_tokens: false,
    id_token_signed_response_alg: 'RS256',
    policy: { shows_scanner: true, number_match: false, verified: true, pkce: 'required' },
  };
}
