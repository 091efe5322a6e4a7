import type { TicketCommands } from '../../command/ticket-commands.ts';
import { cursorOfView } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { withParameters } from '../../oauth/clients/redirect-uri.ts';
import { scanAddress } from '../../secrets/scan-address.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { deadlineOf, lastMoment } from '../../store/event-store.ts';
import { idOf } from '../../store/subject.ts';
import type { Subject } from '../../store/subject.ts';
import { ScangateError } from '../../ticket/error.ts';
import { confirmedResult, notice, sealedMembers, sealedNotice } from '../../ticket/notice.ts';
import type { Derived, TicketNotice, TicketResult } from '../../ticket/notice.ts';
import { endsWatch } from '../../ticket/ticket.ts';
import type { Ticket } from '../../ticket/ticket.ts';
import type { Present, Told } from '../../watch/present.ts';
import { rotationOf, scanCodeOf } from './scan-code.ts';
import { sealTo } from './sealing.ts';

export interface TicketPresenterParts {
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** What a waiting browser without a transport is advised to wait, in milliseconds. */
  readonly retryAfterMs: number;
}

/** A ticket, and what of its notice was sealed to its browser's key. */
export interface SealedView extends TicketView {
  readonly sealed?: string;
}

/** Makes the notices of tickets, for watches and for answers alike. One serves the whole process. */
export interface TicketPresenter extends Present<TicketNotice, SealedView> {
  /** What must be sealed and was not, is left out. */
  notice(view: SealedView, reset: boolean): TicketNotice;
  /** Seals what must be, where the ticket's browser has a key. */
  sealed(view: TicketView): Promise<SealedView>;
  /** A confirmed ticket's result, in the open, for the browser that brought the phone's return secret. */
  result(view: TicketView): TicketResult;
  /** The address in the QR code of now. */
  scanUrl(view: TicketView): string;
}

export function ticketPresenter(parts: TicketPresenterParts): TicketPresenter {
  const { commands, secrets, issuer } = parts;

  async function sealed(view: TicketView): Promise<SealedView> {
    const { result_key: key } = view.ticket.minted;
    const members = key && sealedMembers(openNoticeOf(parts, view, false));
    return key && members ? { ...view, sealed: await sealTo(key, members) } : view;
  }

  return {
    notice: (view, reset) => noticeOf(parts, view, reset),
    sealed,
    result: (view) => confirmedResult(view.ticket, derivedOf(parts, view)),
    scanUrl: (view) => scanAddress(issuer, scanCodeOf(secrets, view)),

    async load(subject) {
      try {
        return await sealed(await commands.look(idOf(subject), () => undefined));
      } catch (error) {
        if (error instanceof ScangateError && error.code === 'not_found') return null;
        throw error;
      }
    },

    told: (view, reset) => ({
      cursor: cursorOfView(view),
      notice: noticeOf(parts, view, reset),
      end: endsWatch(view.ticket),
    }),

    gone: goneTicket,

    ends({ head, ticket }) {
      const { confirmed, accepted } = ticket;
      const released = confirmed?.asks === true ? accepted : confirmed;
      return [
        ...(released === undefined ? [] : [released.id]),
        ...(endsWatch(ticket) ? [lastMoment(head).id] : []),
      ];
    },

    movesInMs: ({ head, now }) => (head.final ? undefined : Math.max(0, deadlineOf(head) - now)),
  };
}

function noticeOf(parts: TicketPresenterParts, view: SealedView, reset: boolean): TicketNotice {
  const open = openNoticeOf(parts, view, reset);
  return view.ticket.minted.result_key === undefined ? open : sealedNotice(open, view.sealed);
}

function openNoticeOf(parts: TicketPresenterParts, view: TicketView, reset: boolean): TicketNotice {
  const { ticketId, ticket, head, now } = view;
  const at = {
    ticketId,
    cursor: cursorOfView(view),
    expiresInMs: deadlineOf(head) - now,
    reset,
    retryAfterMs: endsWatch(ticket) ? 0 : parts.retryAfterMs,
  };
  return notice(ticket, at, derivedOf(parts, view));
}

function derivedOf({ secrets, issuer }: TicketPresenterParts, view: TicketView): Derived {
  const { ticketId, ticket } = view;
  const { key_id: keyId } = ticket.minted;
  const cursor = cursorOfView(view);
  return {
    scan: () => ({
      url: scanAddress(issuer, scanCodeOf(secrets, view)),
      rotates_in_ms: rotationOf(view).rotatesInMs,
    }),
    number: () => secrets.number(ticketId, keyId, ticket.scanned?.id ?? cursor),
    code: () => secrets.code(ticketId, keyId, ticket.confirmed?.id ?? cursor),
    formPage: () => `${issuer}/v1/tickets/${ticketId}/form`,
    redirectTo: (answer) => redirectTo(ticket, answer, issuer),
  };
}

function goneTicket(subject: Subject): Told<TicketNotice> {
  return {
    cursor: '1-0',
    notice: {
      ticket_id: idOf(subject),
      status: 'expired',
      cursor: '1-0',
      expires_in_ms: 0,
      reset: true,
      advice: { retry_after_ms: 0, final: true },
    },
    end: true,
  };
}

/** The client's redirect address with the answer in it (RFC 6749 §4.1.2, RFC 9207 §2). */
function redirectTo(
  { minted }: Ticket,
  answer: Readonly<Record<string, string>>,
  issuer: string,
): string | undefined {
  if (minted.redirect_uri === undefined) return undefined;
  return withParameters(minted.redirect_uri, { ...answer, state: minted.state, iss: issuer });
}
