import * as client from 'openid-client';
import type { CallOutward } from '../outward/outward.ts';
import { outwardFetch } from '../outward/outward-fetch.ts';
import { UpstreamAway, UpstreamRefusal } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import type { PageSessions } from './page-session.ts';
import { PhoneSourceAway } from './phone-identity.ts';
import type { PageSignIn, PhoneIdentity, PhoneUser } from './phone-identity.ts';
import { userOf } from './user-claims.ts';

/** The company's OpenID Connect provider, and who the gateway is to it. */
export interface OidcIdentityOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client, with PKCE alone. */
  readonly clientSecret: string | undefined;
  readonly scope: string;
  /** Names of claims of the operator's own that are kept of a user. */
  readonly claims: readonly string[];
  readonly label: string;
  readonly sessions: PageSessions;
  readonly breaker: Breaker;
  readonly call: CallOutward;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/** A phone that is not signed in goes to the provider and comes back; then its page session says who holds it. */
export function oidcIdentity(options: OidcIdentityOptions): PhoneIdentity {
  const { sessions } = options;
  return {
    source: 'oidc',
    knowsAuthTime: true,
    identify({ pageSession }, note) {
      if (pageSession === undefined) note?.('the credential is no page session');
      else return Promise.resolve(sessions.read(pageSession, 'oidc', note));
      return Promise.resolve(undefined);
    },
    pageSignIn: oidcSignIn(options),
  };
}

function oidcSignIn(options: OidcIdentityOptions): PageSignIn {
  const { breaker, scope } = options;
  let discovered: Promise<client.Configuration> | undefined;

  function configuration(): Promise<client.Configuration> {
    discovered ??= upstream(() => breaker.call(() => discover(options))).catch((error: unknown) => {
      discovered = undefined;
      throw error;
    });
    return discovered;
  }

  return {
    label: options.label,
    startPath: '/phone/oidc/start',

    async begin(callback, state, _agent, fresh = false) {
      const config = await configuration();
      const kept = { nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() };
      const address = client.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope,
        state,
        nonce: kept.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(kept.verifier),
        code_challenge_method: 'S256',
        ...(fresh ? FRESH : {}),
      });
      return { address: address.href, kept };
    },

    async finish(came, state, kept) {
      const config = await configuration();
      const checks = {
        expectedState: state,
        expectedNonce: kept['nonce'] ?? '',
        pkceCodeVerifier: kept['verifier'] ?? '',
        idTokenExpected: true,
      };
      try {
        return await upstream(() => breaker.call(() => redeemed(config, came, checks, options), 1));
      } catch (error) {
        if (error instanceof UpstreamRefusal) return undefined;
        throw error;
      }
    },
  };
}

/** Asks a provider to sign the user in anew, and to say when that was (OpenID Connect Core §2, §3.1.2.1). */
const FRESH = { prompt: 'login', max_age: '0' } as const;

/** The largest answer of a provider. */
const BYTES_MAX = 262_144;

async function discover(options: OidcIdentityOptions): Promise<client.Configuration> {
  const { issuer, clientId, timeoutMs } = options;
  const address = new URL(issuer);
  // The discovered provider is kept for long, and a secret may change meanwhile.
  const proof: client.ClientAuth = (...request) =>
    client.ClientSecretBasic(options.clientSecret ?? '')(...request);
  const config = await client.discovery(
    address,
    clientId,
    {},
    options.clientSecret === undefined ? client.None() : proof,
    {
      timeout: timeoutMs / 1000,
      [client.customFetch]: outwardFetch(options.call, true, BYTES_MAX),
      ...(address.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}),
    },
  );
  config.timeout = timeoutMs / 1000;
  return config;
}

async function redeemed(
  config: client.Configuration,
  came: URL,
  checks: client.AuthorizationCodeGrantChecks,
  options: OidcIdentityOptions,
): Promise<PhoneUser | undefined> {
  try {
    const tokens = await client.authorizationCodeGrant(config, came, checks);
    const claims = tokens.claims();
    if (claims === undefined) return undefined;
    const more =
      lacksSome(claims, options.scope) && config.serverMetadata().userinfo_endpoint !== undefined
        ? await client.fetchUserInfo(config, tokens.access_token, claims.sub)
        : {};
    return userOf('oidc', claims.iss, { ...more, ...claims }, options.claims);
  } catch (error) {
    // The provider's own words may hold the code; only what kind of refusal it was goes on.
    if (isRefusal(error)) throw new UpstreamRefusal('the provider refused');
    throw error;
  }
}

// Many providers put what a scope asks for into userinfo alone.
function lacksSome(claims: Readonly<Record<string, unknown>>, scope: string): boolean {
  const asked = scope.split(' ');
  return (
    claims['name'] === undefined ||
    (asked.includes('email') && claims['email'] === undefined) ||
    (asked.includes('phone') && claims['phone_number'] === undefined)
  );
}

function isRefusal(error: unknown): boolean {
  if (error instanceof client.AuthorizationResponseError) return true;
  if (error instanceof client.ResponseBodyError) return error.status < 500;
  return (
    error instanceof client.ClientError &&
    error.code !== 'OAUTH_TIMEOUT' &&
    error.code !== 'OAUTH_RESPONSE_IS_NOT_CONFORM'
  );
}

async function upstream<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UpstreamAway) throw new PhoneSourceAway('the OpenID Connect provider is away');
    throw error;
  }
}
