import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import { OAuthError } from '../error.ts';
import type { AccessClaims } from './access-token.ts';
import type { Tokens } from './tokens.ts';

/** An access token that we made, and the session it belongs to, as it is now. */
export interface Access {
  readonly claims: AccessClaims;
  readonly view: SessionView;
}

/** Holds access tokens against their sessions. */
export interface AccessCheck {
  /** The token and its session, whatever has become of that; undefined for a token that is not ours or outdated. */
  find(token: string): Promise<Access | undefined>;
  /** The token and its session, which is active. @throws OAuthError `invalid_token` (RFC 6750 §3.1). */
  require(token: string | undefined): Promise<Access>;
}

/** Makes the check: the signature first, then the session and the store's clock. */
export function accessCheck(tokens: Tokens, sessions: SessionCommands): AccessCheck {
  async function find(token: string): Promise<Access | undefined> {
    const claims = await tokens.readAccess(token);
    if (claims === undefined) return undefined;
    const [view] = await sessions.look([claims.sid]);
    if (!view || view.now >= claims.exp * 1000) return undefined;
    return { claims, view };
  }

  return {
    find,
    async require(token) {
      const access = token === undefined ? undefined : await find(token);
      if (access?.view.session.status === 'active') return access;
      const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      throw new OAuthError(
        'invalid_token',
        'The access token is missing, unknown, over, or its session has ended.',
        {
          'WWW-Authenticate': challenge,
        },
      );
    },
  };
}
