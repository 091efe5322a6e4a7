import type { JWTVerifyGetKey } from 'jose';
import type { SessionCommands } from '../command/session-commands.ts';
import type { TicketCommands } from '../command/ticket-commands.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { SessionSecrets } from '../secrets/session-secrets.ts';
import type { SigningKeys } from '../secrets/signing-keys.ts';
import { TicketSecrets } from '../secrets/ticket-secrets.ts';
import type { Ledger } from '../store/ledger.ts';
import { clientAssertions } from './client-assertion.ts';
import { clientAuthentication } from './client-auth.ts';
import { DEVICE_GRANT } from './client.ts';
import type { ClientRegistry } from './client.ts';
import { codeGrant } from './code-grant.ts';
import { OAuthError } from './error.ts';
import { redemption } from './redemption.ts';
import type { IsActive } from './redemption.ts';
import { refreshGrant } from './refresh-grant.ts';
import type { SubjectOf } from './subject.ts';
import { tokenEndpoint } from './token-endpoint.ts';
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
  readonly accessLifeMs: number;
  readonly sessionLifeMs: number;
}

/** The endpoints behind `/oauth`, without HTTP in them. */
export interface OAuthServer {
  readonly token: TokenEndpoint;
  readonly tokens: Tokens;
  readonly userSessions: UserSessions;
}

/** Puts an authorization server together. */
export function oauthServer(options: OAuthServerOptions): OAuthServer {
  const { clients, sessions, ledger, ring, isActive } = options;
  const secrets = new TicketSecrets(ring);
  const sessionSecrets = new SessionSecrets(ring);
  const made = tokens({ ...options, secrets: sessionSecrets });
  const lists = userSessions(ledger, sessions);
  const authenticate = clientAuthentication(clients, clientAssertions(options));
  const redeem = redemption({ ...options, secrets, tokens: made, userSessions: lists });
  return {
    tokens: made,
    userSessions: lists,
    token: tokenEndpoint(authenticate, {
      authorization_code: codeGrant(secrets, redeem),
      refresh_token: refreshGrant({ sessions, secrets: sessionSecrets, tokens: made, isActive }),
      [DEVICE_GRANT]: () =>
        Promise.reject(new OAuthError('unsupported_grant_type', 'The device flow is not here yet.')),
    }),
  };
}
