import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { SessionSecrets } from '../../secrets/session-secrets.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import { suspect } from '../../telemetry/security-event.ts';
import { checkResource } from './resource-check.ts';
import { required } from '../parameter.ts';
import type { ProvenTokenRequest, RunGrant, TokenRequest } from './grant.ts';
import type { IsActive } from './redemption.ts';
import type { CheckIdempotency } from './token-idempotency.ts';
import type { Tokens } from '../tokens/tokens.ts';
import type { UserSessions } from '../tokens/user-sessions.ts';

export interface RefreshOptions {
  readonly sessions: SessionCommands;
  readonly secrets: SessionSecrets;
  readonly tokens: Tokens;
  readonly isActive: IsActive;
  readonly userSessions: UserSessions;
  readonly checkIdempotency: CheckIdempotency;
}

/**
 * `refresh_token` (RFC 6749 §6), rotated at every use. The one before the newest gets the newest's answer again for a
 * short while; any other that was used before ends the session (RFC 9700 §4.14.2). One that is bound to a key does nothing
 * without it.
 */
export function refreshGrant(options: RefreshOptions): RunGrant {
  const { sessions, secrets, tokens, isActive, userSessions, checkIdempotency } = options;

  return async (client, request) => {
    const token = secrets.checkRefreshToken(required(request, 'refresh_token'));
    if (token === undefined) throw refused();
    await checkIdempotency(client, request);
    const [seen] = await sessions.look([token.sid]);
    if (!seen) throw refused();
    checkUse(seen, client, request);
    const scope = scopeOf(seen, request);
    checkResource(openedOf(seen).resource, client, request);
    await checkUser(seen);
    const { jkt } = request;
    const use = { generation: token.generation, keyId: secrets.makingId, jkt };
    const view = await sessions.refresh(seen, use, (at) => checkUse(at, client, request));
    const { generation, key_id: keyId } = view?.session ?? {};
    if (view?.session.revoked?.reason === 'reuse') throw reused(view);
    if (view === null || view.session.status !== 'active' || !generation || !keyId) throw refused();
    // Where it repeats an answer, that answer's tokens are bound to the key that asked for them first.
    if (view.session.dpop_jkt !== jkt) throw refused();
    return await tokens.answer(view, client, { id: generation, keyId, jkt }, scope);
  };

  async function checkUser(seen: SessionView): Promise<void> {
    if (seen.session.status !== 'active') return;
    const { user } = openedOf(seen);
    if (await userSessions.isBarred(user, seen.head.first)) {
      await sessions.revoke(seen, 'user');
      throw new OAuthError('invalid_grant', 'The user has signed out since.');
    }
    if (await isActive(user)) return;
    await sessions.revoke(seen, 'status');
    throw new OAuthError('invalid_grant', 'The user may not sign in.');
  }
}

// RFC 9449 §5: a public client's refresh token is bound to its key; a confidential client proves itself, and may take a new one.
// What was bound once stays bound.
function checkUse({ session }: SessionView, client: Client, { jkt }: ProvenTokenRequest): void {
  if (session.opened?.client_id !== client.client_id) throw refused();
  if (!session.opened.scope.includes('offline_access')) throw refused();
  if (session.dpop_jkt === undefined || session.dpop_jkt === jkt) return;
  if (jkt === undefined || client.token_endpoint_auth_method === 'none') throw refused();
}

function scopeOf(view: SessionView, { form }: TokenRequest): readonly string[] {
  const { scope } = openedOf(view);
  if (form['scope'] === undefined) return scope;
  const asked = [...new Set(form['scope'].split(' ').filter((name) => name !== ''))];
  if (!asked.every((name) => scope.includes(name)))
    throw new OAuthError('invalid_scope', 'A refresh may narrow the scope, not widen it.');
  return asked;
}

function reused(view: SessionView): OAuthError {
  const { user, client_id, ticket_id } = openedOf(view);
  const about = { user, client_id, ticket_id, sid: view.sid };
  return suspect(refused(), { kind: 'reuse', reason: 'refresh_token', ...about });
}

function refused(): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is unknown, over, or was used before.');
}
