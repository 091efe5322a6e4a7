import type { SigningAlg } from '../../secrets/signing-keys.ts';
import type { AcceptPolicy, Grant, Lives, ResponseType } from '../../ticket/events.ts';
import type { RiskPolicy } from '../../ticket/risk.ts';
import type { ClientColors } from './client-looks.ts';
import { differInPortAlone } from './redirect-uri.ts';

/** The grants that a client may be registered for, as RFC 7591 and RFC 8628 name them. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
export const GRANT_TYPES = ['authorization_code', 'refresh_token', DEVICE_GRANT] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

/** How a client proves itself at the token endpoint (RFC 7591 §2, OpenID Connect Core §9). */
export const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** Whether a client must prove that a code is its own (RFC 7636). */
export const PKCE_POLICIES = ['required', 'optional', 'none'] as const;

/** What a client's operator decided for it. Durations in milliseconds; absent: the gateway's setting. */
export interface ClientPolicy {
  /** May the waiting browser see who scanned? */
  readonly shows_scanner: boolean;
  /** Must the phone type the number that the browser shows? */
  readonly number_match: boolean;
  /** When is the browser asked who signs in, before that counts? Absent: never. */
  readonly accept?: AcceptPolicy;
  /** What comes of each sign that a sign-in may not be the user's own; absent: nothing of any. */
  readonly risk?: RiskPolicy;
  /** Did the operator verify that the client is who its name says? Told to the phone. */
  readonly verified: boolean;
  /**
   * `optional`: a request without PKCE is taken if it carries a nonce. `none`, for confidential clients alone: if it
   * carries a state, and its answer goes by redirect.
   */
  readonly pkce: (typeof PKCE_POLICIES)[number];
  /** How its access tokens are signed; absent: as every resource server can check. */
  readonly access_token_alg?: SigningAlg;
  /** Whether its `backchannel_logout_uri` is told of sessions whose time ran out, too. */
  readonly logout_on_expiry?: boolean;
  /** Its own colours on the gateway's pages. */
  readonly colors?: ClientColors;
  /** The clients whose access tokens it may ask about beside its own: those of an API’s callers. */
  readonly introspects?: readonly string[];
  /** Origins beside those of its redirect addresses whose pages may call in its name, by bearer: an app's own web view. */
  readonly origins?: readonly string[];
  /** Origins whose pages may show its sign-in page in a frame; absent: none. */
  readonly embedders?: readonly string[];
  /** Are its browsers told who scanned, and the code, sealed to a key of their own alone? Then they must bring one. */
  readonly sealed_results?: true;
  /** May its assertions name an endpoint of the gateway as audience, in place of the issuer? Old libraries know no other. */
  readonly endpoint_audiences?: true;
  /** What its access tokens may be for, beside the gateway (RFC 8707). */
  readonly resources?: readonly string[];
  readonly ticket_life_ms?: number;
  readonly decision_time_ms?: number;
  readonly ticket_life_max_ms?: number;
  readonly code_life_ms?: number;
  readonly qr_period_ms?: number;
  readonly device_life_ms?: number;
  readonly access_token_life_ms?: number;
  /** The longest session, in milliseconds. */
  readonly session_life_ms?: number;
}

/** The longest life of a session that a client's policy may say. */
export const SESSION_LIFE_MAX_MS = 400 * 86_400_000;

/** A registered application that wants a signed-in user. Its members are those of RFC 7591 §2. */
export interface Client {
  readonly client_id: string;
  readonly client_name: string;
  readonly client_uri?: string;
  /** Whether it is the gateway's own: its addresses follow from the gateway's, and differ where gateways have several. */
  readonly is_built_in?: true;
  /** Whether it registered itself: nobody vouches for what it says of itself. */
  readonly is_self_registered?: true;
  /** Asked for by the gateway, never by a visitor. */
  readonly logo_uri?: string;
  /** Compared character by character; never empty where the client may use the code flow. */
  readonly redirect_uris: readonly string[];
  /** Where a browser may go after it has signed out (OpenID Connect RP-Initiated Logout §3.1). */
  readonly post_logout_redirect_uris: readonly string[];
  /** Where the client is told that a session is over (OpenID Connect Back-Channel Logout §2.2). */
  readonly backchannel_logout_uri?: string;
  readonly grant_types: readonly GrantType[];
  readonly response_types: readonly ResponseType[];
  /** Claims of the operator's own that it is told of every user. */
  readonly claims: readonly string[];
  /** The scopes it may be given. */
  readonly scope: readonly string[];
  readonly token_endpoint_auth_method: AuthMethod;
  /** Whether its registration named no method: then its secret may come in the header or in the form. */
  readonly any_secret_method: boolean;
  readonly require_pushed_authorization_requests: boolean;
  /** Whether it is given tokens only that are bound to a key (RFC 9449 §5.2). */
  readonly dpop_bound_access_tokens: boolean;
  /** The `max_age` of requests that name none, in seconds (OpenID Connect Registration §2). */
  readonly default_max_age?: number;
  readonly client_secret?: string;
  /** In the place of `client_secret`: its SHA-256, in base64url or hex. Only a secret of 128 random bits or more is safe so. */
  readonly client_secret_sha256?: string;
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly jwks_uri?: string;
  /** How its ID tokens are signed (OpenID Connect Registration §2). */
  readonly id_token_signed_response_alg: SigningAlg;
  readonly policy: ClientPolicy;
}

/** The registered clients as they are now; the file behind them may change at any time. */
export interface ClientRegistry {
  find(clientId: string): Client | undefined;
  /** Makes sure that {@link find} knows a client that registered itself a moment ago, at another node. */
  learn(clientId: string): Promise<void>;
  /** Whether a web origin (`https://app.example`) is that of any client's redirect address. */
  isClientOrigin(origin: string): boolean;
}

/** Whether a client may send browsers to the authorization endpoint at all. */
export function usesRedirects({ grant_types: grants, response_types: responses }: Client): boolean {
  return (
    responses.includes('id_token') || (responses.includes('code') && grants.includes('authorization_code'))
  );
}

/**
 * Whether a redirect address is one of the client's: equal character by character (RFC 9700 §4.1.3), but that a public
 * client with PKCE may listen on any port of a loopback address (RFC 8252 §7.3).
 */
export function hasRedirect(client: Client, redirectUri: string, codeChallenge: string | undefined): boolean {
  const isApp = client.token_endpoint_auth_method === 'none' && codeChallenge !== undefined;
  return client.redirect_uris.some(
    (registered) => registered === redirectUri || (isApp && differInPortAlone(registered, redirectUri)),
  );
}

/** The same of an address that was registered when it was asked for: of the gateway's own client it may be another gateway's. */
export function stillHasRedirect(
  client: Client,
  redirectUri: string,
  codeChallenge: string | undefined,
): boolean {
  return client.is_built_in === true || hasRedirect(client, redirectUri, codeChallenge);
}

/**
 * The origins whose pages may call in a client's name: those of its redirect addresses, and those that its operator named.
 * The redirect address of an app's own scheme has none: its origin reads `null`, as that of any sandboxed page does.
 */
export function originsOf(client: Client): readonly string[] {
  const ofRedirects = client.redirect_uris.map((uri) => new URL(uri).origin);
  return [...ofRedirects.filter((origin) => origin !== 'null'), ...(client.policy.origins ?? [])];
}

/**
 * The domain that a phone is shown as the client's: that of its `client_uri`, else of its first redirect address. Of one
 * that registered itself it is that of the address that its answer goes to. An app's own scheme has none.
 */
export function domainOf(client: Client, redirectUri?: string): string | undefined {
  const own = client.client_uri ?? client.redirect_uris[0];
  const address = client.is_self_registered === true ? (redirectUri ?? own) : own;
  const host = address !== undefined && URL.canParse(address) ? new URL(address).hostname : '';
  return host === '' ? undefined : host;
}

/**
 * The scopes of a request that the client may have, in the order asked for, each once. What it may not have is left
 * out and not an error (OpenID Connect Core §3.1.2.1); asking for none asks for `openid`, where that is allowed.
 */
export function scopeFor(client: Client, requested: string | undefined): readonly string[] {
  const asked = (requested ?? 'openid').split(' ').filter((scope) => scope !== '');
  return [...new Set(asked)].filter((scope) => client.scope.includes(scope));
}

/** How long a ticket of this client lives: its policy over the gateway's settings. */
export function livesFor(
  client: Client,
  grant: Grant,
  settings: Lives & { readonly device_ms: number },
): Lives {
  const { policy } = client;
  const device = grant === 'device_code';
  return {
    ticket_ms: device
      ? (policy.device_life_ms ?? settings.device_ms)
      : (policy.ticket_life_ms ?? settings.ticket_ms),
    decision_ms: policy.decision_time_ms ?? settings.decision_ms,
    max_ms: policy.ticket_life_max_ms ?? settings.max_ms,
    code_ms: policy.code_life_ms ?? settings.code_ms,
    qr_period_ms: device ? 0 : (policy.qr_period_ms ?? settings.qr_period_ms),
  };
}
