import type { Asker, Parameters } from './asker.ts';
import type { CheckedMembers } from './carried-request.ts';
import { formPostOf } from './response-mode.ts';
import type { Client } from '../clients/client.ts';
import { readClaimsRequest } from '../claims/claims-request.ts';
import { OAuthError } from '../error.ts';
import { isThumbprint } from '../dpop/named-key.ts';
import { readResource } from './resource.ts';
import { isChallenge, lackedWithoutChallenge } from './pkce.ts';

/** A request to sign in, checked: who asks, and where its answer may go. */
export interface SignInRequest {
  readonly client: Client;
  readonly redirectUri: string;
  readonly state?: string;
  readonly scope?: string;
  readonly nonce?: string;
  /** What counts only as it was checked here. */
  readonly checked: CheckedMembers;
  /** Absent for a client that is excused from PKCE, and for an ID token alone. */
  readonly codeChallenge?: string;
  /** The languages that the user likes, best first (OpenID Connect Core §3.1.2.1). */
  readonly uiLocales?: string;
}

const STATE_MAX = 4096;
const NONCE_MAX = 1024;
const SCOPE_MAX = 512;
const PROMPT_MAX = 128;
const UI_LOCALES_MAX = 512;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e ]*$/;

/**
 * Reads the rest of a request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1).
 *
 * @param how.pushed whether the client itself sent it ahead.
 * @param how.knowsAuthTime whether some source of phones can say when a user signed in there.
 * @throws OAuthError to be sent to the redirect address.
 */
export function readSignIn(
  { client, redirectUri }: Asker,
  parameters: Parameters,
  { pushed, knowsAuthTime }: { readonly pushed: boolean; readonly knowsAuthTime: boolean },
): SignInRequest {
  if (client.require_pushed_authorization_requests && !pushed)
    throw new OAuthError('invalid_request', 'The client must push its requests.');
  checkUnsupported(parameters);
  const formPost = formPostOf(client, parameters);
  if (formPost !== undefined && client.policy.sealed_results === true)
    throw new OAuthError('invalid_request', 'Sealed results are not sent by form.');
  const prompts = readPrompt(parameters['prompt']);
  const maxAge = prompts.includes('login')
    ? 0
    : (readMaxAge(parameters['max_age']) ?? client.default_max_age);
  if (maxAge !== undefined && !knowsAuthTime)
    throw new OAuthError('login_required', 'No source of phones here can sign a user in anew.');
  if (formPost !== 'id_token') checkChallenge(client, parameters);
  const { state, nonce, scope, code_challenge: codeChallenge, ui_locales: uiLocales } = parameters;
  const claims = readClaimsRequest(client, parameters['claims']);
  const resource = readResource(client, parameters['resource']);
  const dpopJkt = parameters['dpop_jkt'];
  if (dpopJkt !== undefined && !isThumbprint(dpopJkt))
    throw new OAuthError('invalid_request', 'dpop_jkt must be 43 characters of base64url.');
  bounded('state', state, STATE_MAX);
  bounded('nonce', nonce, NONCE_MAX);
  bounded('scope', scope, SCOPE_MAX);
  bounded('prompt', parameters['prompt'], PROMPT_MAX);
  bounded('ui_locales', uiLocales, UI_LOCALES_MAX);
  if (scope !== undefined && !SCOPE.test(scope))
    throw new OAuthError('invalid_scope', 'The scope is malformed.');
  return {
    client,
    redirectUri,
    checked: {
      ...(formPost === undefined ? {} : { form_post: formPost }),
      ...(claims === undefined ? {} : { claims }),
      ...(resource === undefined ? {} : { resource }),
      ...(dpopJkt === undefined ? {} : { dpop_jkt: dpopJkt }),
      ...(maxAge === undefined ? {} : { max_age: maxAge }),
      ...(client.require_pushed_authorization_requests ? { pushed: true as const } : {}),
    },
    ...optional('state', state),
    ...optional('scope', scope),
    ...optional('nonce', nonce),
    ...optional('codeChallenge', codeChallenge),
    ...optional('uiLocales', uiLocales),
  };
}

function checkUnsupported(parameters: Parameters): void {
  if (parameters['request'] !== undefined)
    throw new OAuthError('request_not_supported', 'Request objects are not read here.');
  if (parameters['request_uri'] !== undefined)
    throw new OAuthError('request_uri_not_supported', 'A request_uri is one that was pushed here.');
}

// The phone's user is asked each time, so all that a prompt can ask for is done, but for asking nothing.
function readPrompt(prompt: string | undefined): readonly string[] {
  const asked = (prompt ?? '').split(' ').filter((word) => word !== '');
  if (!asked.includes('none')) return asked;
  if (asked.length > 1) throw new OAuthError('invalid_request', 'prompt=none stands alone.');
  throw new OAuthError('login_required', 'A sign-in needs the user and the phone.');
}

function readMaxAge(maxAge: string | undefined): number | undefined {
  if (maxAge === undefined || maxAge === '') return undefined;
  if (!/^[0-9]{1,9}$/.test(maxAge))
    throw new OAuthError('invalid_request', 'max_age must be a whole number of seconds.');
  return Number(maxAge);
}

function checkChallenge(client: Client, parameters: Parameters): void {
  const { code_challenge: challenge, code_challenge_method: method } = parameters;
  if (challenge === undefined) {
    const lacked =
      method === undefined ? lackedWithoutChallenge(client.policy, parameters) : 'code_challenge';
    if (lacked === undefined) return;
    const why =
      lacked === 'code_challenge'
        ? 'code_challenge is missing.'
        : `Without code_challenge there must be a ${lacked}.`;
    throw new OAuthError('invalid_request', why);
  }
  if (method !== 'S256') throw new OAuthError('invalid_request', 'code_challenge_method must be S256.');
  if (!isChallenge(challenge))
    throw new OAuthError('invalid_request', 'code_challenge must be 43 characters of base64url.');
}

function bounded(name: string, value: string | undefined, max: number): void {
  if (value !== undefined && value.length > max)
    throw new OAuthError('invalid_request', `${name} has at most ${max} characters.`);
}

function optional<N extends string>(name: N, value: string | undefined): { [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]: string });
}
