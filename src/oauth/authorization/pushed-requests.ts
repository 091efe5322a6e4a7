import { createHash } from 'node:crypto';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import { readAsker } from './asker.ts';
import type { Parameters } from './asker.ts';
import { readSignIn } from './authorization-request.ts';
import type { AuthenticateClient, ClientProof } from '../clients/client-auth.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { KeyProofs } from '../dpop/key-proofs.ts';
import { namedKey } from '../dpop/named-key.ts';
import { OAuthError } from '../error.ts';

/** Authorization requests that a client sent ahead, over its own connection (RFC 9126). */
export interface PushedRequests {
  /** Takes a request. @throws OAuthError what the authorization endpoint would have refused. */
  push(proof: ClientProof): Promise<{ readonly request_uri: string; readonly expires_in: number }>;
  /** What a client pushed; undefined where it is unknown, over, or another client's. A page may be loaded again. */
  find(requestUri: string, clientId: string | undefined): Promise<Parameters | undefined>;
}

export interface PushedRequestsOptions {
  readonly ledger: Ledger;
  readonly clients: ClientRegistry;
  readonly authenticate: AuthenticateClient;
  readonly proofs: KeyProofs;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
  /** Makes 128 random bits or more, in base64url. */
  readonly makeId: () => string;
}

const PREFIX = 'urn:ietf:params:oauth:request_uri:';
const LIFE_S = 90;
/** What one value of the ledger holds. */
const REQUEST_BYTES_MAX = 16_384;

/** The parameters that are kept: those the authorization endpoint reads. */
const KEPT = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'scope',
  'nonce',
  'prompt',
  'max_age',
  'id_token_hint',
  'claims',
  'resource',
  'ui_locales',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
] as const;

/** Keeps pushed requests in the ledger, under a digest of their address. */
export function pushedRequests(options: PushedRequestsOptions): PushedRequests {
  const { ledger, authenticate } = options;
  return {
    async push(proof) {
      const client = await authenticate(proof);
      if (proof.form['request_uri'] !== undefined)
        throw new OAuthError('invalid_request', 'A pushed request holds no request_uri.');
      const named = await namedKey(options.proofs, proof, '/oauth/par');
      const parameters: Parameters = { ...proof.form, client_id: client.client_id, dpop_jkt: named };
      check(client, options, parameters);
      const id = options.makeId();
      const kept = Object.fromEntries(KEPT.map((name) => [name, parameters[name]]));
      const text = JSON.stringify(kept);
      if (Buffer.byteLength(text) > REQUEST_BYTES_MAX)
        throw new OAuthError('invalid_request', `A pushed request has at most ${REQUEST_BYTES_MAX} bytes.`);
      await ledger.putIfAbsent(keyOf(id), text, LIFE_S * 1000);
      return { request_uri: `${PREFIX}${id}`, expires_in: LIFE_S };
    },

    async find(requestUri, clientId) {
      if (!isPushedUri(requestUri)) return undefined;
      const text = await ledger.get(keyOf(requestUri.slice(PREFIX.length)));
      const found = text === null ? undefined : (JSON.parse(text) as Parameters);
      return found?.['client_id'] === clientId ? found : undefined;
    },
  };
}

function check(
  client: Client,
  { clients, knowsAuthTime }: PushedRequestsOptions,
  parameters: Parameters,
): void {
  try {
    readSignIn(readAsker(clients, parameters), parameters, { pushed: true, knowsAuthTime });
  } catch (error) {
    if (!(error instanceof ScangateError)) throw error;
    if (error.code === 'invalid_client')
      throw new OAuthError('unauthorized_client', `${client.client_id} may not use the code flow.`);
    throw new OAuthError('invalid_request', 'redirect_uri must be one that is registered.');
  }
}

/** Whether an address can be that of a pushed request; any other is one that a client serves (OpenID Connect Core §6.2). */
export function isPushedUri(requestUri: string): boolean {
  return requestUri.startsWith(PREFIX);
}

/** By what a pushed request's one ticket is found. */
export function requestKeyOf(requestUri: string): string {
  return digestOf(requestUri).slice(0, 22);
}

function keyOf(id: string): string {
  return `pushed:${digestOf(id)}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
