import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionSecrets } from '../../secrets/session-secrets.ts';
import type { AuthenticateClient, ClientProof } from '../clients/client-auth.ts';
import { OAuthError } from '../error.ts';
import { required } from '../parameter.ts';
import type { Tokens } from './tokens.ts';

/** Answers `/oauth/revoke` (RFC 7009). @throws OAuthError */
export type RevocationEndpoint = (proof: ClientProof) => Promise<void>;

export interface RevocationOptions {
  readonly authenticate: AuthenticateClient;
  readonly tokens: Tokens;
  readonly sessions: SessionCommands;
  readonly secrets: SessionSecrets;
}

/**
 * Makes the endpoint. A token stands for its session: whichever one is revoked, both end, and the page that watches is
 * told. A token that is unknown or over already is no error (RFC 7009 §2.2).
 */
export function revocationEndpoint(options: RevocationOptions): RevocationEndpoint {
  return async (proof) => {
    const client = await options.authenticate(proof);
    const sid = await sidOf(required(proof, 'token'));
    if (sid === undefined) return;
    const [view] = await options.sessions.look([sid]);
    if (!view) return;
    if (view.session.opened?.client_id !== client.client_id)
      throw new OAuthError('invalid_grant', 'The token was given to another client.');
    await options.sessions.revoke(view, 'client');
  };

  async function sidOf(token: string): Promise<string | undefined> {
    return options.secrets.checkRefreshToken(token)?.sid ?? (await options.tokens.readAccess(token))?.sid;
  }
}
