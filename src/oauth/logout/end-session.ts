import type { SessionCommands } from '../../command/session-commands.ts';
import { isSid } from '../../secrets/session-secrets.ts';
import type { SigningKeys } from '../../secrets/signing-keys.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { withParameters } from '../clients/redirect-uri.ts';
import { readOwnToken } from '../tokens/own-token.ts';

/** What a request to sign out may say (OpenID Connect RP-Initiated Logout §2). */
export interface EndSessionRequest {
  readonly id_token_hint?: string | undefined;
  readonly client_id?: string | undefined;
  readonly post_logout_redirect_uri?: string | undefined;
  readonly state?: string | undefined;
}

/** Where a request to sign out ends: back at the client, or on a page of ours. */
export type SignedOut =
  | { readonly kind: 'redirect'; readonly location: string }
  /** The session that the hint names is over. */
  | { readonly kind: 'ended'; readonly client: Client }
  /** Nobody proved whose session it is, so none was ended. */
  | { readonly kind: 'nothing' };

/**
 * Answers `/oauth/logout`. The hint is an ID token of ours, outdated or not, and ends the one session that it names.
 * Without one nothing is ended and nobody is redirected: any page can send a browser here.
 *
 * @throws ScangateError `invalid_request` for a hint that is not ours, or another client's: then nothing is ended either.
 */
export type EndSessionEndpoint = (request: EndSessionRequest) => Promise<SignedOut>;

export interface EndSessionOptions {
  readonly issuer: string;
  readonly clients: ClientRegistry;
  readonly keys: SigningKeys;
  readonly sessions: SessionCommands;
}

export function endSessionEndpoint(options: EndSessionOptions): EndSessionEndpoint {
  const { clients, sessions } = options;

  return async ({ id_token_hint: hint, client_id: clientId, post_logout_redirect_uri: back, state }) => {
    if (hint === undefined || hint === '') return { kind: 'nothing' };
    const { client, sid } = await hinted(hint);
    if (clientId !== undefined && clientId !== client.client_id) throw wrongHint();
    const [view] = await sessions.look([sid]);
    if (view && view.session.opened?.client_id !== client.client_id) throw wrongHint();
    if (view) await sessions.revoke(view, 'client');
    if (back === undefined || !client.post_logout_redirect_uris.includes(back))
      return { kind: 'ended', client };
    return { kind: 'redirect', location: withParameters(back, { state }) };
  };

  async function hinted(hint: string): Promise<{ readonly client: Client; readonly sid: string }> {
    const claims = await readOwnToken(options.issuer, options.keys, hint, { typ: 'JWT' });
    const { aud, sid } = claims ?? {};
    if (typeof aud !== 'string') throw wrongHint();
    await clients.learn(aud);
    const client = clients.find(aud);
    if (client === undefined || typeof sid !== 'string' || !isSid(sid)) throw wrongHint();
    return { client, sid };
  }
}

function wrongHint(): ScangateError {
  return new ScangateError('invalid_request', {
    field: 'id_token_hint',
    message: 'It is no ID token of this gateway, or not this client’s.',
  });
}
