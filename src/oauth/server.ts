import type { JWTVerifyGetKey } from 'jose';
import type { SessionCommands } from '../command/session-commands.ts';
import type { TicketCommands } from '../command/ticket-commands.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { SessionSecrets } from '../secrets/session-secrets.ts';
import type { SigningKeys } from '../secrets/signing-keys.ts';
import type { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Lives } from '../ticket/events.ts';
import { clientAssertions } from './clients/client-assertion.ts';
import { clientAuthentication } from './clients/client-auth.ts';
import { DEVICE_GRANT } from './clients/client.ts';
import type { ClientRegistry } from './clients/client.ts';
import { keyProofs } from './dpop/key-proofs.ts';
import type { KeyProofs } from './dpop/key-proofs.ts';
import { codeGrant } from './grants/code-grant.ts';
import { accessCheck } from './tokens/access.ts';
import type { AccessCheck } from './tokens/access.ts';
import { carriedRequests } from './authorization/carried-request.ts';
import type { CarriedRequests } from './authorization/carried-request.ts';
import { formAnswer } from './grants/form-answer.ts';
import type { FormAnswer } from './grants/form-answer.ts';
import { authorizationEndpoint } from './authorization/authorization-endpoint.ts';
import type { AuthorizationEndpoint } from './authorization/authorization-endpoint.ts';
import { deviceAuthorizationEndpoint } from './authorization/device-authorization.ts';
import type { DeviceAuthorizationEndpoint } from './authorization/device-authorization.ts';
import { deviceGrant } from './grants/device-grant.ts';
import { readOwnToken } from './tokens/own-token.ts';
import { introspectionEndpoint } from './tokens/introspection.ts';
import type { IntrospectionEndpoint } from './tokens/introspection.ts';
import { metadata } from './metadata.ts';
import type { RegistrationEndpoint } from './registration/registration-endpoint.ts';
import { pollPace } from './grants/poll-pace.ts';
import { pushedRequests } from './authorization/pushed-requests.ts';
import type { PushedRequests } from './authorization/pushed-requests.ts';
import { browserSessions } from './logout/browser-sessions.ts';
import { endSessionEndpoint } from './logout/end-session.ts';
import type { EndSessionEndpoint } from './logout/end-session.ts';
import { revocationEndpoint } from './tokens/revocation.ts';
import type { RevocationEndpoint } from './tokens/revocation.ts';
import { userCodes } from './authorization/user-codes.ts';
import type { DeviceUserCodes } from './authorization/user-codes.ts';
import { userInfoEndpoint } from './tokens/userinfo.ts';
import type { UserInfoEndpoint } from './tokens/userinfo.ts';
import { allTokens, redemption } from './grants/redemption.ts';
import type { IsActive } from './grants/redemption.ts';
import { refreshGrant } from './grants/refresh-grant.ts';
import type { SubjectOf } from './tokens/subject.ts';
import { tokenEndpoint } from './grants/token-endpoint.ts';
import { tokenIdempotency } from './grants/token-idempotency.ts';
import type { TokenEndpoint } from './grants/token-endpoint.ts';
import { receipts } from './receipts/receipt.ts';
import type { Receipts } from './receipts/receipt.ts';
import { tokens } from './tokens/tokens.ts';
import type { Tokens } from './tokens/tokens.ts';
import { userSessions } from './tokens/user-sessions.ts';
import type { UserSessions } from './tokens/user-sessions.ts';

/** Durations in milliseconds. */
export interface OAuthServerOptions {
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** Whether the API is readable at `/docs`. */
  readonly hasDocs: boolean;
  readonly clients: ClientRegistry;
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly ledger: Ledger;
  readonly ring: KeyRing;
  readonly secrets: TicketSecrets;
  readonly keys: SigningKeys;
  readonly subjectOf: SubjectOf;
  /** The languages of the pages, as BCP 47 tags. */
  readonly languages: readonly string[];
  /** The claims of a user that some configured source of phones can say. */
  readonly filledClaims: readonly string[];
  readonly isActive: IsActive;
  /** Absent: no client registers itself. */
  readonly registration?: RegistrationEndpoint | undefined;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
  /** The keys at a client's `jwks_uri`; asked at each use. */
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
  /** Wrong user codes within {@link userCodeWindowMs} that shut a user out. */
  readonly userCodeTries: number;
  /** Wrong user codes of everybody within it, beyond which wrong ones are answered late. */
  readonly userCodeBudget: number;
  readonly userCodeWindowMs: number;
  /** Kept after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Whether anything is counted by address. */
  readonly countsAddresses: boolean;
}

/** The endpoints behind `/oauth`, without HTTP in them. */
export interface OAuthServer {
  readonly token: TokenEndpoint;
  readonly authorize: AuthorizationEndpoint;
  /** Both discovery documents. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly carried: CarriedRequests;
  readonly formAnswer: FormAnswer;
  readonly pushed: PushedRequests;
  readonly deviceAuthorization: DeviceAuthorizationEndpoint;
  readonly userInfo: UserInfoEndpoint;
  readonly introspect: IntrospectionEndpoint;
  readonly revoke: RevocationEndpoint;
  readonly endSession: EndSessionEndpoint;
  readonly access: AccessCheck;
  readonly keyProofs: KeyProofs;
  readonly userCodes: DeviceUserCodes;
  readonly tokens: Tokens;
  readonly receipts: Receipts;
  readonly userSessions: UserSessions;
  readonly registration: RegistrationEndpoint | undefined;
}

export function oauthServer(options: OAuthServerOptions): OAuthServer {
  const { issuer, clients, tickets, sessions, ledger, ring, secrets, isActive, deviceIntervalMs } = options;
  const sessionSecrets = new SessionSecrets(ring);
  const made = tokens({ ...options, secrets: sessionSecrets });
  const signed = receipts(options);
  const answerTo = allTokens(made, signed);
  const lists = userSessions(ledger, sessions);
  const authenticate = clientAuthentication(clients, clientAssertions(options));
  const ofBrowsers = browserSessions(ledger, sessions);
  const redeem = redemption({ ...options, secrets, userSessions: lists, browserSessions: ofBrowsers });
  const proofs = keyProofs(options);
  const access = accessCheck(issuer, made, sessions, proofs);
  const pushed = pushedRequests({ ...options, authenticate, proofs, makeId: options.makeTicketId });
  const checkIdempotency = tokenIdempotency(ledger, secrets, () => ring.makingId, options.idempotencyLifeMs);
  const pace = pollPace(ledger, deviceIntervalMs);
  const codes = userCodes({
    ...options,
    secrets,
    tries: options.userCodeTries,
    budget: options.userCodeBudget,
    windowMs: options.userCodeWindowMs,
    makeId: options.makeTicketId,
  });
  return {
    access,
    keyProofs: proofs,
    metadata: metadata({ ...options, registers: options.registration !== undefined }),
    registration: options.registration,
    carried: carriedRequests(ring, options.now),
    formAnswer: formAnswer({ issuer, clients, secrets, tokens: made, redeem }),
    pushed,
    tokens: made,
    receipts: signed,
    userCodes: codes,
    userSessions: lists,
    authorize: authorizationEndpoint({
      ...options,
      pushed,
      readHint: async (idToken) => (await readOwnToken(issuer, options.keys, idToken, { typ: 'JWT' }))?.sub,
    }),
    userInfo: userInfoEndpoint(access, clients),
    introspect: introspectionEndpoint({ ...options, authenticate, access, secrets: sessionSecrets }),
    endSession: endSessionEndpoint({ ...options, browserSessions: ofBrowsers }),
    revoke: revocationEndpoint({ authenticate, sessions, tokens: made, secrets: sessionSecrets }),
    token: tokenEndpoint(authenticate, proofs, {
      authorization_code: codeGrant(secrets, answerTo, checkIdempotency, redeem),
      refresh_token: refreshGrant({
        sessions,
        secrets: sessionSecrets,
        tokens: made,
        isActive,
        userSessions: lists,
        checkIdempotency,
      }),
      [DEVICE_GRANT]: deviceGrant({ tickets, secrets, pace, answerTo, checkIdempotency, redeem }),
    }),
    deviceAuthorization: deviceAuthorizationEndpoint({
      ...options,
      authenticate,
      proofs,
      secrets,
      userCodes: codes,
      makingKeyId: () => ring.makingId,
      intervalS: Math.max(1, Math.ceil(deviceIntervalMs / 1000)),
    }),
  };
}
