import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { FormAnswer } from '../../oauth/grants/form-answer.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { formPostPage } from '../pages/form-post-page.ts';
import type { Pages } from '../pages/pages.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketParams } from '../request/schemas.ts';
import { checkReturn, returnCookie } from '../tickets/return-secret.ts';

export interface FormPostParts {
  readonly commands: TicketCommands;
  readonly clients: ClientRegistry;
  readonly gate: BrowserGate;
  readonly secrets: TicketSecrets;
  readonly pages: Pages;
  readonly oauth: { readonly formAnswer: FormAnswer };
}

/** `GET /v1/tickets/{id}/form`: hands a ticket's answer to its client by form, for the browser that minted it. */
export function formPostRoute({ commands, clients, gate, pages, oauth, secrets }: FormPostParts): Route {
  return route({
    method: 'get',
    path: '/v1/tickets/:id/form',
    errors: 'page',
    link: true,
    hidden: true,
    operation: {
      id: 'getTicketForm',
      summary: 'Hand the answer to the client by form',
      tags: ['browser'],
      security: ['browserCookie'],
      params: ticketParams,
      answers: {
        200: { description: 'A form that sends itself.', type: 'text/html' },
        303: { description: 'Not yet: on to the page of the ticket.' },
      },
      refusals: [
        'not_found',
        'invalid_client',
        'already_redeemed',
        'store_unavailable',
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const { id } = request.params;
      const claim = gate.claim(id, request.raw, true);
      if (claim.binding !== 'cookie') throw new ScangateError('not_found');
      const view = await commands.look(id, gate.guard(claim));
      const { scanned, status } = view.ticket;
      if (scanned?.same_device === true && (status === 'confirmed' || status === 'redeemed'))
        checkReturn(secrets, view, request.cookie(returnCookie(id)));
      const form = await oauth.formAnswer(view);
      if (form === undefined) return { status: 303, headers: { Location: `/v1/tickets/${id}/page` } };
      const clientId = view.ticket.minted.client_id;
      return formPostPage(pages, request.raw, clients.find(clientId)?.client_name ?? clientId, form);
    },
  });
}
