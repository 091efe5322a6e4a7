import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ResponseType } from '../../ticket/events.ts';
import { isAsking } from '../../ticket/ticket.ts';
import { stillHasRedirect } from '../clients/client.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import type { Redeem } from './redemption.ts';
import type { Tokens } from '../tokens/tokens.ts';
import { generationOf } from '../tokens/tokens.ts';
import type { FormPost } from '../authorization/response-mode.ts';

/**
 * What the browser sends a client by form once its ticket has come to an end; undefined while it has not. An ID token is
 * made, and the ticket redeemed, as the form is: so it stands in no notice, and in no address.
 *
 * @throws ScangateError `not_found` where the answer goes another way; `already_redeemed` where it was sent before.
 */
export type FormAnswer = (view: TicketView) => Promise<FormPost | undefined>;

export interface FormAnswerOptions {
  readonly issuer: string;
  readonly clients: ClientRegistry;
  readonly secrets: TicketSecrets;
  readonly tokens: Tokens;
  readonly redeem: Redeem;
}

export function formAnswer(options: FormAnswerOptions): FormAnswer {
  const { issuer, clients, secrets } = options;

  return async (view) => {
    const { form_post: content, redirect_uri: action, state, client_id: clientId } = view.ticket.minted;
    if (content === undefined || action === undefined) throw new ScangateError('not_found');
    const client = clients.find(clientId);
    if (client === undefined) throw new ScangateError('invalid_client');
    if (!stillHasRedirect(client, action, view.ticket.minted.code_challenge))
      throw new ScangateError('invalid_redirect_uri');
    const members = await membersOf(view, content).catch(refusalOf);
    return members && { action, members: { ...members, state, iss: issuer } };
  };

  async function membersOf(
    view: TicketView,
    content: ResponseType,
  ): Promise<FormPost['members'] | undefined> {
    const { status } = view.ticket;
    if (isAsking(view.ticket)) return undefined;
    switch (status) {
      case 'pending':
      case 'scanned':
        return undefined;
      case 'denied':
      case 'cancelled':
      case 'expired':
        return { error: 'access_denied', error_description: `The sign-in was ${status}.` };
      case 'confirmed':
      case 'redeemed':
        return content === 'id_token' ? { id_token: await idToken(view) } : { code: codeOf(view) };
    }
  }

  function codeOf({ ticketId, ticket }: TicketView): string {
    if (ticket.status === 'redeemed' || ticket.confirmed === undefined)
      throw new ScangateError('already_redeemed');
    return secrets.code(ticketId, ticket.minted.key_id, ticket.confirmed.id);
  }

  async function idToken(view: TicketView): Promise<string> {
    const client = clients.find(view.ticket.minted.client_id);
    if (client?.response_types.includes('id_token') !== true) throw new ScangateError('invalid_client');
    try {
      return await options.redeem(
        {
          at: view,
          client,
          guard: () => undefined,
          idempotencyKey: 'form_post',
          proof: '',
          jkt: view.ticket.minted.dpop_jkt,
          endsOnReuse: false,
        },
        (opened) => options.tokens.idToken(opened, client, generationOf(opened)),
      );
    } catch (error) {
      if (error instanceof OAuthError && view.ticket.status === 'redeemed')
        throw new ScangateError('already_redeemed');
      throw error;
    }
  }
}

// The user may not sign in any more, or what was opened has ended: the client hears of it as of any other end.
function refusalOf(error: unknown): FormPost['members'] {
  if (!(error instanceof OAuthError)) throw error;
  return { error: 'access_denied', error_description: error.description };
}
