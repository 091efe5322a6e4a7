import type { SessionCommands } from '../../command/session-commands.ts';
import type { SessionView } from '../../command/session-view.ts';
import { isSid } from '../../secrets/session-secrets.ts';
import type { SigningKeys } from '../../secrets/signing-keys.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { withParameters } from '../clients/redirect-uri.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import { readOwnToken } from '../tokens/own-token.ts';

/** What a request to sign out may say (OpenID Connect RP-Initiated Logout §2). */
export interface EndSessionRequest {
  readonly id_token_hint?: string | undefined;
  readonly client_id?: string | undefined;
  readonly post_logout_redirect_uri?: string | undefined;
  readonly state?: string | undefined;
  /** The key of the browser that asks, where it is known. */
  readonly browser?: string | undefined;
}

/** Where a request to sign out ends: back at the client, or on a page of ours. */
export type SignedOut =
  | { readonly kind: 'redirect'; readonly location: string }
  /** The session that the hint names is over. */
  | { readonly kind: 'ended'; readonly client: Client }
  /** Nobody proved which session is meant: the browser's own are to be asked about, and none was ended. */
  | { readonly kind: 'ask'; readonly sessions: readonly SessionView[] }
  /** The same, and it has none. */
  | { readonly kind: 'nothing' };

/**
 * Answers `/oauth/logout`. The hint is an ID token of ours, outdated or not, and ends the one session that it names.
 * Without one nothing is ended and nobody is redirected, for any page can send a browser here: its user is asked.
 */
export interface EndSessionEndpoint {
  /** @throws ScangateError `invalid_request` for a hint that is not ours, or another client's: then nothing is ended either. */
  end(request: EndSessionRequest): Promise<SignedOut>;
  /** Ends what its user was asked about, and said yes to. @param sids of those, the ones that were opened in this browser. */
  endAsked(browser: string | undefined, sids: readonly string[]): Promise<void>;
}

export interface EndSessionOptions {
  readonly issuer: string;
  readonly clients: ClientRegistry;
  readonly keys: SigningKeys;
  readonly sessions: SessionCommands;
  readonly browserSessions: BrowserSessions;
}

export function endSessionEndpoint(options: EndSessionOptions): EndSessionEndpoint {
  const { clients, sessions } = options;

  return {
    end,
    async endAsked(browser, sids) {
      const own = await ofBrowser(browser);
      const meant = own.filter(({ sid }) => sids.includes(sid));
      await Promise.all(meant.map((view) => sessions.revoke(view, 'user')));
    },
  };

  async function ofBrowser(browser: string | undefined): Promise<readonly SessionView[]> {
    return browser === undefined ? [] : await options.browserSessions.of(browser);
  }

  async function end(request: EndSessionRequest): Promise<SignedOut> {
    const { id_token_hint: hint, client_id: clientId, post_logout_redirect_uri: back, state } = request;
    if (hint === undefined || hint === '') {
      const own = await ofBrowser(request.browser);
      return own.length === 0 ? { kind: 'nothing' } : { kind: 'ask', sessions: own };
    }
    const { client, sid } = await hinted(hint);
    if (clientId !== undefined && clientId !== client.client_id) throw wrongHint();
    const [view] = await sessions.look([sid]);
    if (view && view.session.opened?.client_id !== client.client_id) throw wrongHint();
    if (view) await sessions.revoke(view, 'client');
    if (back === undefined || !client.post_logout_redirect_uris.includes(back))
      return { kind: 'ended', client };
    return { kind: 'redirect', location: withParameters(back, { state }) };
  }

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
