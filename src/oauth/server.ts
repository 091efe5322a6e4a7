import type { JWTVerifyGetKey } from 'jose';
import type { SessionCommands } from '../command/session-commands.ts';
import type { TicketCommands } from '../command/ticket-commands.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { SessionSecrets } from '../secrets/session-secrets.ts';
import type { SigningKeys } from '../secrets/signing-keys.ts';
import { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Lives } from '../ticket/events.ts';
import { clientAssertions } from './client-assertion.ts';
import { clientAuthentication } from './client-auth.ts';
import { DEVICE_GRANT } from './client.ts';
import type { ClientRegistry } from './client.ts';
import { codeGrant } from './code-grant.ts';
import { accessCheck } from './access.ts';
import type { AccessCheck } from './access.ts';
import { authorizationEndpoint } from './authorization-endpoint.ts';
import type { AuthorizationEndpoint } from './authorization-endpoint.ts';
import { deviceAuthorizationEndpoint } from './device-authorization.ts';
import type { DeviceAuthorizationEndpoint } from './device-authorization.ts';
import { deviceGrant } from './device-grant.ts';
import { introspectionEndpoint } from './introspection.ts';
import type { IntrospectionEndpoint } from './introspection.ts';
import { pollPace } from './poll-pace.ts';
import { pushedRequests } from './pushed-requests.ts';
import type { PushedRequests } from './pushed-requests.ts';
import { revocationEndpoint } from './revocation.ts';
import type { RevocationEndpoint } from './revocation.ts';
import { userCodes } from './user-codes.ts';
import type { DeviceUserCodes } from './user-codes.ts';
import { userInfoEndpoint } from './userinfo.ts';
import type { UserInfoEndpoint } from './userinfo.ts';
import { redemption } from './redemption.ts';
import type { IsActive } from './redemption.ts';
import { refreshGrant } from './refresh-grant.ts';
import type { SubjectOf } from './subject.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { tokenIdempotency } from './token-idempotency.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import { tokens } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { userSessions } from './user-sessions.ts';
import type { UserSessions } from './user-sessions.ts';

/** What an authorization server is made of. Durations in milliseconds. */
export interface OAuthServerOptions {
  /** The public address without a trailing slash. */
  readonly issuer: string;
  readonly clients: ClientRegistry;
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly ledger: Ledger;
  readonly ring: KeyRing;
  readonly keys: SigningKeys;
  readonly subjectOf: SubjectOf;
  readonly isActive: IsActive;
  /** Makes the key source of a client's `jwks_uri`. */
  readonly remoteKeys: (address: string) => JWTVerifyGetKey;
  /** Milliseconds since the epoch, by this node's clock: for assertions that others stamped. */
  readonly now: () => number;
  readonly replayWindowMs: number;
  /** How long an `Idempotency-Key` is remembered. */
  readonly idempotencyLifeMs: number;
  readonly accessLifeMs: number;
  readonly sessionLifeMs: number;
  /** The settings' lives of tickets; a client's policy stands over them. */
  readonly lives: Lives & { readonly device_ms: number };
  /** Makes a ticket's id: 128 random bits in base64url. */
  readonly makeTicketId: () => string;
  /** Between the polls of a device. */
  readonly deviceIntervalMs: number;
  /** Wrong user codes within {@link userCodeWindowMs} that shut a user, or an address, out. */
  readonly userCodeTries: number;
  readonly userCodeWindowMs: number;
  /** Whether anything is counted by address. */
  readonly countsAddresses: boolean;
}

/** The endpoints behind `/oauth`, without HTTP in them. */
export interface OAuthServer {
  readonly token: TokenEndpoint;
  readonly authorize: AuthorizationEndpoint;
  readonly pushed: PushedRequests;
  readonly deviceAuthorization: DeviceAuthorizationEndpoint;
  readonly userInfo: UserInfoEndpoint;
  readonly introspect: IntrospectionEndpoint;
  readonly revoke: RevocationEndpoint;
  readonly access: AccessCheck;
  readonly userCodes: DeviceUserCodes;
  readonly tokens: Tokens;
  readonly userSessions: UserSessions;
}

/** Puts an authorization server together. */
export function oauthServer(options: OAuthServerOptions): OAuthServer {
  const { issuer, clients, tickets, sessions, ledger, ring, isActive, deviceIntervalMs } = options;
  const secrets = new TicketSecrets(ring);
  const sessionSecrets = new SessionSecrets(ring);
  const made = tokens({ ...options, secrets: sessionSecrets });
  const lists = userSessions(ledger, sessions);
  const authenticate = clientAuthentication(clients, clientAssertions(options));
  const redeem = redemption({ ...options, secrets, tokens: made, userSessions: lists });
  const access = accessCheck(made, sessions);
  const pushed = pushedRequests({ ...options, authenticate, makeId: options.makeTicketId });
  const checkIdempotency = tokenIdempotency(ledger, secrets, () => ring.makingId, options.idempotencyLifeMs);
  const pace = pollPace(ledger, deviceIntervalMs);
  const codes = userCodes({
    ...options,
    secrets,
    tries: options.userCodeTries,
    windowMs: options.userCodeWindowMs,
  });
  return {
    access,
    pushed,
    tokens: made,
    userCodes: codes,
    userSessions: lists,
    authorize: authorizationEndpoint(issuer, clients, pushed),
    userInfo: userInfoEndpoint(access),
    introspect: introspectionEndpoint({ ...options, authenticate, access, secrets: sessionSecrets }),
    revoke: revocationEndpoint({ authenticate, sessions, tokens: made, secrets: sessionSecrets }),
    token: tokenEndpoint(authenticate, checkIdempotency, {
      authorization_code: codeGrant(secrets, redeem),
      refresh_token: refreshGrant({ sessions, secrets: sessionSecrets, tokens: made, isActive }),
      [DEVICE_GRANT]: deviceGrant({ tickets, secrets, pace, redeem }),
    }),
    deviceAuthorization: deviceAuthorizationEndpoint({
      ...options,
      authenticate,
      secrets,
      userCodes: codes,
      makingKeyId: () => ring.makingId,
      intervalS: Math.max(1, Math.ceil(deviceIntervalMs / 1000)),
    }),
  };
}
