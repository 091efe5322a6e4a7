import type { IncomingHttpHeaders } from 'node:http';
import type { Guard } from '../../command/ticket-commands.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Binding, MintedData } from '../../ticket/events.ts';
import { bearerOf, cookieOf } from './credentials.ts';
import { isOriginOf } from './origins.ts';
import type { Origins } from './origins.ts';
import { allows, fetchSite, formSite, navigationSite, originOf } from './request-site.ts';

/** A browser that showed a right MAC for a ticket. The ticket's own events have the last word: {@link BrowserGate.admit}. */
export interface BrowserClaim {
  readonly ticketId: string;
  readonly keyId: string;
  readonly binding: Binding;
  /** The origin of a client's page that asks by bearer; undefined for our own pages and for programs. */
  readonly clientOrigin: string | undefined;
}

/** The name of a ticket's cookie. It goes to that ticket's addresses only. */
export function browserCookie(ticketId: string): string {
  return `scangate_${ticketId}`;
}

/**
 * Who may see a ticket as its browser: the holder of the browser secret, in the binding it was made for, from an origin
 * that has business here. Whoever may not is told the same as for a ticket that does not exist.
 */
export class BrowserGate {
  readonly #secrets: TicketSecrets;
  readonly #clients: ClientRegistry;
  readonly #origins: Origins;

  constructor(secrets: TicketSecrets, clients: ClientRegistry, origins: Origins) {
    this.#secrets = secrets;
    this.#clients = clients;
    this.#origins = origins;
  }

  /**
   * What a request's headers prove, without asking the store.
   *
   * @param page whether a page is being opened: then a browser that says nothing of origins is believed.
   * @throws ScangateError `not_found`; `invalid_request` where cookie and bearer come together.
   */
  claim(ticketId: string, headers: IncomingHttpHeaders, page = false): BrowserClaim {
    const claim = this.claimIfAny(ticketId, headers, page);
    if (claim === undefined) throw new ScangateError('not_found');
    return claim;
  }

  /** Like {@link claim}, but undefined where a request shows neither cookie nor bearer, as a socket's handshake may. */
  claimIfAny(ticketId: string, headers: IncomingHttpHeaders, page = false): BrowserClaim | undefined {
    const cookie = cookieOf(headers, browserCookie(ticketId));
    const bearer = bearerOf(headers);
    if (bearer !== undefined) {
      if (cookie !== undefined)
        throw new ScangateError('invalid_request', {
          field: 'Authorization',
          message: 'Send the cookie or the bearer, not both.',
        });
      return this.bearerClaim(ticketId, bearer, headers);
    }
    if (cookie === undefined) return undefined;
    const fits = page
      ? allows('open_ticket_page', navigationSite(headers))
      : allows('cookie', fetchSite(headers, this.#origins));
    if (!fits) throw new ScangateError('not_found');
    return this.#checked(ticketId, cookie, 'cookie', undefined);
  }

  /** A claim by cookie, from a form on the ticket's own page. @throws ScangateError `not_found`. */
  formClaim(ticketId: string, headers: IncomingHttpHeaders): BrowserClaim {
    const cookie = cookieOf(headers, browserCookie(ticketId));
    if (cookie === undefined || bearerOf(headers) !== undefined) throw new ScangateError('not_found');
    if (!allows('sign_in_by_form', formSite(headers, this.#origins))) throw new ScangateError('not_found');
    return this.#checked(ticketId, cookie, 'cookie', undefined);
  }

  /** A claim by bearer, from `Authorization` or from a socket's first message. @throws ScangateError `not_found`. */
  bearerClaim(ticketId: string, bearer: string, headers: IncomingHttpHeaders): BrowserClaim {
    const site = fetchSite(headers, this.#origins);
    if (!allows('bearer', site)) throw new ScangateError('not_found');
    return this.#checked(ticketId, bearer, 'bearer', site === 'client_page' ? originOf(headers) : undefined);
  }

  /** Holds a claim against the ticket itself. @throws ScangateError `not_found`. */
  admit(claim: BrowserClaim, minted: MintedData): void {
    const fits =
      minted.key_id === claim.keyId && minted.binding === claim.binding && this.#mayAsk(claim, minted);
    if (!fits) throw new ScangateError('not_found');
  }

  /** {@link admit} for commands and watches. */
  guard(claim: BrowserClaim): Guard {
    return (view) => this.admit(claim, view.ticket.minted);
  }

  #checked(
    ticketId: string,
    secret: string,
    binding: Binding,
    clientOrigin: string | undefined,
  ): BrowserClaim {
    const checked = this.#secrets.checkBrowserSecret(secret, binding);
    if (checked?.ticketId !== ticketId) throw new ScangateError('not_found');
    return { ticketId, keyId: checked.keyId, binding, clientOrigin };
  }

  #mayAsk({ clientOrigin }: BrowserClaim, { client_id: clientId }: MintedData): boolean {
    return clientOrigin === undefined || isOriginOf(this.#clients.find(clientId), clientOrigin);
  }
}
