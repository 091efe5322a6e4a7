import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { REQUEST_LIFE_MS } from '../../oauth/authorization/carried-request.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import { isFinal } from '../../ticket/ticket.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import { asksKnown } from './minting.ts';
import type { MayMint, Minting } from './minting.ts';

export interface OpenTicketParts {
  readonly commands: TicketCommands;
  readonly ledger: Ledger;
  readonly minting: Minting;
  readonly knownBrowsers: KnownBrowsers;
}

/** The browser that a ticket is opened for. */
export interface OpeningRequest {
  readonly ip: string;
  readonly agent: string;
  cookie(name: string): string | undefined;
}

/** A ticket, and the line that lets its browser be known again. */
export interface OpenedTicket {
  readonly view: TicketView;
  readonly cookie: string | undefined;
}

/**
 * Opens a ticket for a request that may have one. A pushed request (RFC 9126 §4) opens one: its browser gets that very ticket
 * again when it loads the page again, and another one once that is over; any other browser is refused.
 *
 * @throws ScangateError `invalid_request` for another browser.
 */
export type OpenTicket = (may: MayMint, request: OpeningRequest) => Promise<OpenedTicket>;

/** How often a page tries while other pages of its browser, each with keys of its own, are quicker. */
const TRIES_MAX = 4;

export function ticketOpening(parts: OpenTicketParts): OpenTicket {
  const { ledger, minting, knownBrowsers } = parts;

  return async (may, request) => {
    const { request_key: requestKey } = may.checked;
    const meets = asksKnown(may) || requestKey !== undefined;
    const met = meets ? await knownBrowsers.meet(request) : undefined;
    const device = { ip: request.ip, agent: request.agent };
    const mint = () => minting.mint(may, device, asksKnown(may) ? met?.known : undefined);
    const view =
      requestKey === undefined || met === undefined
        ? await mint()
        : await openOnce(`pushed-ticket:${requestKey}`, met.known.key, may, mint);
    return { view, cookie: met?.cookie };
  };

  async function openOnce(
    key: string,
    browser: string,
    may: MayMint,
    mint: () => Promise<TicketView>,
  ): Promise<TicketView> {
    let mine: TicketView | undefined;
    for (let tries = TRIES_MAX; tries > 0; tries--) {
      const before = await ledger.get(key);
      const opened = before === null ? undefined : await openedBefore(before, browser, may);
      // Another page was quicker: nobody was shown mine, and it ends by itself.
      if (opened !== undefined) return opened;
      mine ??= await mint();
      if (await ledger.replaceIf(key, before, `${mine.ticketId} ${browser}`, 2 * REQUEST_LIFE_MS))
        return mine;
    }
    throw new ScangateError('store_unavailable');
  }

  async function openedBefore(text: string, browser: string, may: MayMint): Promise<TicketView | undefined> {
    const [ticketId = '', owner] = text.split(' ');
    if (owner !== browser) throw refused();
    const view = await lookAt(ticketId);
    if (view === undefined || cameToNothing(view)) return undefined;
    if (hasKeysOf(may, view)) return view;
    return (await isGivenUp(view)) ? undefined : view;
  }

  // Its result, or its tokens, are for a key that went with the page. Unless somebody was quicker, this page gets its own.
  async function isGivenUp(view: TicketView): Promise<boolean> {
    try {
      await parts.commands.run(view, { type: 'cancel' }, () => undefined);
      return true;
    } catch (error) {
      if (error instanceof ScangateError && error.detail.ticketStatus !== undefined) return false;
      throw error;
    }
  }

  async function lookAt(ticketId: string): Promise<TicketView | undefined> {
    try {
      return await parts.commands.look(ticketId, () => undefined);
    } catch (error) {
      if (error instanceof ScangateError && error.code === 'not_found') return undefined;
      throw error;
    }
  }
}

// Then its browser may ask for another code.
function cameToNothing({ ticket: { status } }: TicketView): boolean {
  return isFinal(status) && status !== 'redeemed';
}

function hasKeysOf({ asked, checked }: MayMint, { ticket: { minted } }: TicketView): boolean {
  return minted.result_key?.x === asked.result_key?.x && minted.dpop_jkt === checked.dpop_jkt;
}

function refused(): ScangateError {
  return new ScangateError('invalid_request', {
    field: 'request',
    message: 'The client’s request was opened in another browser.',
  });
}
