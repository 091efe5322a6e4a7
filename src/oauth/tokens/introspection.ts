import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { SessionSecrets } from '../../secrets/session-secrets.ts';
import { deadlineOf } from '../../store/event-store.ts';
import type { AccessCheck } from './access.ts';
import type { AuthenticateClient, ClientProof } from '../clients/client-auth.ts';
import { releasedClaims } from '../claims/released-claims.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { required } from '../parameter.ts';
import { AMR, audienceOf } from './tokens.ts';
import type { TokenType } from './tokens.ts';
import type { SubjectOf } from './subject.ts';

/** What is told of a token (RFC 7662 §2.2). Of one that is not active, nothing but that. */
export type Introspection =
  | { readonly active: false }
  | (Readonly<Record<string, unknown>> & {
      readonly active: true;
      readonly client_id: string;
      readonly sub: string;
      readonly sid: string;
      readonly scope: string;
      readonly iss: string;
      readonly aud?: string | readonly string[];
      readonly token_type?: TokenType;
      /** The key that it is bound to (RFC 9449 §6.2). */
      readonly cnf?: { readonly jkt: string };
      readonly jti?: string;
      /** Seconds since the epoch, like the others. */
      readonly exp: number;
      readonly iat?: number;
      readonly auth_time: number;
      readonly amr: readonly string[];
      readonly status: 'active';
    });

/** Answers `/oauth/introspect`. @throws OAuthError `invalid_client`, `invalid_request`. */
export type IntrospectionEndpoint = (proof: ClientProof) => Promise<Introspection>;

export interface IntrospectionOptions {
  readonly issuer: string;
  readonly authenticate: AuthenticateClient;
  readonly clients: ClientRegistry;
  readonly access: AccessCheck;
  readonly sessions: SessionCommands;
  readonly secrets: SessionSecrets;
  readonly subjectOf: SubjectOf;
}

const INACTIVE: Introspection = { active: false };

/**
 * Makes the endpoint. A client may ask about its own tokens, and about the access tokens of the clients that its operator
 * named: a refresh token is shown to nobody but its owner, so whoever else has one is told nothing. Anybody can name a public
 * client, and is told what the token itself says, but no claims about its user.
 */
export function introspectionEndpoint(options: IntrospectionOptions): IntrospectionEndpoint {
  return async (proof) => {
    const caller = await options.authenticate(proof);
    const token = required(proof, 'token');
    const tellsUser = caller.token_endpoint_auth_method !== 'none';
    const refresh = await ofRefresh(token, tellsUser);
    if (refresh !== undefined) return isOf(caller, refresh) ? refresh : INACTIVE;
    const access = await ofAccess(token, tellsUser);
    return isOf(caller, access) || mayAsk(caller, access) ? access : INACTIVE;
  };

  async function ofAccess(token: string, tellsUser: boolean): Promise<Introspection> {
    const found = await options.access.find(token);
    if (found?.view.session.status !== 'active') return INACTIVE;
    const { claims, view } = found;
    return {
      ...common(view, claims.scope, tellsUser),
      aud: audienceOf(options.issuer, openedOf(view).resource),
      token_type: claims.jkt === undefined ? 'Bearer' : 'DPoP',
      ...boundTo(claims.jkt),
      jti: claims.jti,
      exp: claims.exp,
      iat: claims.iat,
    };
  }

  async function ofRefresh(token: string, tellsUser: boolean): Promise<Introspection | undefined> {
    const checked = options.secrets.checkRefreshToken(token);
    if (checked === undefined) return undefined;
    const [view] = await options.sessions.look([checked.sid]);
    if (view?.session.status !== 'active' || view.session.generation !== checked.generation) return INACTIVE;
    const isPublic = options.clients.find(openedOf(view).client_id)?.token_endpoint_auth_method === 'none';
    return {
      ...common(view, openedOf(view).scope, tellsUser),
      ...boundTo(isPublic ? view.session.dpop_jkt : undefined),
    };
  }

  function common(
    view: SessionView,
    scope: readonly string[],
    tellsUser: boolean,
  ): Introspection & { active: true } {
    const opened = openedOf(view);
    const client = options.clients.find(opened.client_id);
    return {
      ...(tellsUser ? releasedClaims({ ...opened, scope }, client, 'introspection') : {}),
      active: true,
      client_id: opened.client_id,
      sub: options.subjectOf(opened.user),
      sid: view.sid,
      scope: scope.join(' '),
      iss: options.issuer,
      exp: Math.floor(deadlineOf(view.head) / 1000),
      auth_time: opened.auth_time,
      amr: AMR,
      status: 'active',
    };
  }
}

function boundTo(jkt: string | undefined): { readonly cnf?: { readonly jkt: string } } {
  return jkt === undefined ? {} : { cnf: { jkt } };
}

function isOf(caller: Client, told: Introspection): boolean {
  return told.active && told.client_id === caller.client_id;
}

function mayAsk({ policy }: Client, told: Introspection): boolean {
  return told.active && policy.introspects?.includes(told.client_id) === true;
}
