import { z } from 'zod';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { CarriedRequests, CheckedMembers } from '../../oauth/authorization/carried-request.ts';
import { lackedWithoutChallenge } from '../../oauth/authorization/pkce.ts';
import { hasRedirect, livesFor, scopeFor, usesRedirects } from '../../oauth/clients/client.ts';
import type { Client, ClientRegistry } from '../../oauth/clients/client.ts';
import { RECEIPT_SCOPE } from '../../oauth/receipts/receipt.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Device, KnownBrowser, Lives, MintedData } from '../../ticket/events.ts';
import { codeChallenge, dpopJkt, nonce, resultKey, scope, state } from '../request/schemas.ts';
import { isPoint } from './sealing.ts';

/** What a browser, or the page of an authorization request, asks a ticket for. */
export const mintMembers = z.object({
  client_id: z.string().min(1).max(200),
  redirect_uri: z.string().max(2000).optional(),
  state: state.optional(),
  scope: scope.optional(),
  nonce: nonce.optional(),
  code_challenge: codeChallenge.optional(),
  code_challenge_method: z.literal('S256').optional(),
  dpop_jkt: dpopJkt.optional(),
  result_key: resultKey.optional(),
  request: z
    .string()
    .max(4096)
    .optional()
    .meta({ description: 'What the page of an authorization request was handed: nobody else has one.' }),
});

export type MintMembers = z.output<typeof mintMembers>;

export interface MintingParts {
  readonly commands: TicketCommands;
  readonly clients: ClientRegistry;
  readonly carried: CarriedRequests;
  /** The settings' lives; a client's policy stands over them. */
  readonly lives: Lives & { readonly device_ms: number };
  /** The id of the key that makes secrets now. */
  readonly makingKeyId: () => string;
  readonly makeTicketId: () => string;
  /** Whether some source of phones can say when a user signed in there. */
  readonly knowsAuthTime: boolean;
}

/** A request that a ticket may be minted for. */
export interface MayMint {
  readonly client: Client;
  readonly asked: MintMembers;
  readonly binding: MintedData['binding'];
  readonly checked: CheckedMembers;
}

/** Whether a ticket's browser is to be known: it has a cookie of ours, and its client may want to ask it, or judges by it. */
export function asksKnown({ client: { policy }, binding }: MayMint): boolean {
  if (binding !== 'cookie') return false;
  return (policy.accept ?? 'never') !== 'never' || policy.risk?.new_browser !== undefined;
}

/** Mints tickets for the code flow. */
export interface Minting {
  /**
   * A request, with everything about it checked that does not need a ticket. Where nothing but a state
   * stands for PKCE, the code must go by redirect alone, and to a page of the gateway's own.
   *
   * @throws ScangateError `invalid_client`, `invalid_redirect_uri`, `invalid_request`.
   */
  check(asked: MintMembers, binding: MintedData['binding']): MayMint;
  /** @param known absent: a page of another origin, or nobody is ever asked. */
  mint(may: MayMint, browser: Device, known?: KnownBrowser): Promise<TicketView>;
}

export function minting(parts: MintingParts): Minting {
  return {
    check(asked, binding) {
      const client = parts.clients.find(asked.client_id);
      if (client === undefined || !usesRedirects(client))
        throw new ScangateError('invalid_client', { field: 'client_id' });
      if (client.is_self_registered === true && asked.redirect_uri === undefined)
        throw missing('redirect_uri');
      if (asked.redirect_uri !== undefined && !hasRedirect(client, asked.redirect_uri, asked.code_challenge))
        throw new ScangateError('invalid_redirect_uri', { field: 'redirect_uri' });
      const checked = checkedMembers(parts.carried, asked, binding);
      if (checked.resource !== undefined && client.policy.resources?.includes(checked.resource) !== true)
        throw new ScangateError('invalid_request', {
          field: 'resource',
          message: 'It is not registered any more.',
        });
      if (!client.response_types.includes(checked.form_post ?? 'code'))
        throw new ScangateError('invalid_client', { field: 'client_id' });
      if (client.default_max_age !== undefined && !parts.knowsAuthTime)
        throw new ScangateError('invalid_request', {
          field: 'client_id',
          message: 'No source of phones here can sign a user in anew, as the client asks.',
        });
      if (client.require_pushed_authorization_requests && checked.pushed !== true)
        throw new ScangateError('invalid_request', {
          field: 'request',
          message: 'The client must push its requests.',
        });
      if (checked.form_post !== 'id_token') checkChallenge(client, asked, binding);
      checkResultKey(client, asked, checked);
      return { client, asked, binding, checked };
    },

    async mint({ client, asked, binding, checked: { pushed: _pushed, ...checked } }, browser, known) {
      return await parts.commands.mint(parts.makeTicketId(), {
        client_id: client.client_id,
        grant: 'authorization_code',
        binding,
        key_id: parts.makingKeyId(),
        // An ID token alone brings no receipt.
        scope: scopeFor(client, asked.scope).filter(
          (value) => value !== RECEIPT_SCOPE || checked.form_post !== 'id_token',
        ),
        browser,
        lives: livesFor(client, 'authorization_code', parts.lives),
        shows_scanner: client.policy.shows_scanner,
        number_match: client.policy.number_match,
        ...(client.default_max_age === undefined ? {} : { max_age: client.default_max_age }),
        ...acceptOf(client),
        ...(known === undefined ? {} : { known_browser: known }),
        ...checked,
        ...keyOf(asked),
        ...optional('redirect_uri', asked.redirect_uri),
        ...optional('state', asked.state),
        ...optional('nonce', asked.nonce),
        ...optional('code_challenge', asked.code_challenge),
      });
    },
  };
}

// What the authorization endpoint checked is for the gateway's own pages, whose browser can open the ticket's addresses.
function checkedMembers(
  carried: CarriedRequests,
  asked: MintMembers,
  binding: MintedData['binding'],
): CheckedMembers {
  if (asked.request === undefined) return {};
  const checked = binding === 'cookie' ? carried.open(asked, asked.request) : undefined;
  if (checked !== undefined) return checked;
  throw new ScangateError('invalid_request', {
    field: 'request',
    message: 'It is not for this request, or too old.',
  });
}

/**
 * The same, for tokens that are bound to a key. One that the page names must be the one that its client named ahead.
 *
 * @throws ScangateError `invalid_request`
 */
export function boundTo(may: MayMint, jkt: string | undefined): MayMint {
  const { dpop_jkt: ahead } = may.checked;
  if (jkt === undefined || jkt === ahead) return may;
  if (ahead === undefined) return { ...may, checked: { ...may.checked, dpop_jkt: jkt } };
  throw new ScangateError('invalid_request', {
    field: 'dpop_jkt',
    message: 'The request is for another key.',
  });
}

// RFC 9700 §2.1.1: without PKCE only a client that its operator has excused.
function checkChallenge(client: Client, asked: MintMembers, binding: MintedData['binding']): void {
  if (asked.code_challenge === undefined) {
    const byRedirect = asked.redirect_uri !== undefined && binding === 'cookie';
    const excused = lackedWithoutChallenge(client.policy, asked) === undefined;
    if (!excused || (client.policy.pkce === 'none' && !byRedirect)) throw missing('code_challenge');
    if (asked.code_challenge_method !== undefined) throw missing('code_challenge');
  } else if (asked.code_challenge_method === undefined) {
    throw missing('code_challenge_method');
  }
}

function acceptOf({ policy: { accept = 'never' } }: Client): Pick<MintedData, 'accept'> {
  return accept === 'never' ? {} : { accept };
}

function checkResultKey(
  { policy }: Client,
  { result_key: key }: MintMembers,
  { form_post: formPost }: CheckedMembers,
): void {
  const refused = (message: string): ScangateError =>
    new ScangateError('invalid_request', { field: 'result_key', message });
  if (key === undefined) {
    if (policy.sealed_results === true) throw refused('The client takes sealed results alone.');
    return;
  }
  if (formPost !== undefined) throw refused('An answer that goes by form is not sealed.');
  if (!isPoint(key)) throw refused('It is no point of its curve.');
}

function keyOf({ result_key: key }: MintMembers): Pick<MintedData, 'result_key'> {
  return key === undefined ? {} : { result_key: { x: key.x, y: key.y } };
}

function missing(field: string): ScangateError {
  return new ScangateError('invalid_request', { field, message: 'It is missing.' });
}

function optional<N extends string>(name: N, value: string | undefined): { [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]: string });
}
