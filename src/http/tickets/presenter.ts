import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { rotationAt } from '../../secrets/rotation.ts';
import type { Rotation } from '../../secrets/rotation.ts';
import { cursorOfHead, deadlineOf, lastMoment } from '../../store/event-store.ts';
import { ticketOf } from '../../store/fold.ts';
import { idOf } from '../../store/subject.ts';
import { ScangateError } from '../../ticket/error.ts';
import { notice } from '../../ticket/notice.ts';
import type { TicketNotice } from '../../ticket/notice.ts';
import { endsWatch } from '../../ticket/ticket.ts';
import type { Ticket } from '../../ticket/ticket.ts';
import type { Present, Reading } from '../../watch/present.ts';

/** What ticket notices are made of. */
export interface TicketPresenterOptions {
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** What a waiting browser without a transport is advised to wait, in milliseconds. */
  readonly retryAfterMs: number;
}

/** Makes the notices of tickets, for watches and for answers alike. One serves the whole process. */
export interface TicketPresenter extends Present<TicketNotice> {
  notice(reading: Reading, reset: boolean): TicketNotice;
  /** Where the scan code's rotation stands. */
  rotation(reading: Reading): Rotation;
  /** The address in the QR code of now. */
  scanUrl(reading: Reading): string;
}

export function ticketPresenter(options: TicketPresenterOptions): TicketPresenter {
  const { commands, secrets, issuer, retryAfterMs } = options;

  // Whoever needs the ticket is handed it: to read it from its head is to parse it, half of what a notice costs.
  function rotationOf({ minted }: Ticket, { head, now }: Reading): Rotation {
    return rotationAt(head.first, minted.lives.qr_period_ms, now, deadlineOf(head));
  }

  function scanOf(ticket: Ticket, reading: Reading): NonNullable<TicketNotice['scan']> {
    const { period, rotatesInMs } = rotationOf(ticket, reading);
    const code = secrets.scanCode(idOf(reading.head.subject), ticket.minted.key_id, period);
    return { url: `${issuer}/s/${code}`, rotates_in_ms: rotatesInMs };
  }

  function noticeOf(ticket: Ticket, reading: Reading, reset: boolean): TicketNotice {
    const { head, now } = reading;
    const ticketId = idOf(head.subject);
    const { key_id: keyId } = ticket.minted;
    const at = {
      ticketId,
      cursor: cursorOfHead(head),
      expiresInMs: deadlineOf(head) - now,
      reset,
      retryAfterMs: endsWatch(ticket.status) ? 0 : retryAfterMs,
    };
    return notice(ticket, at, {
      scan: () => scanOf(ticket, reading),
      number: () => secrets.number(ticketId, keyId, ticket.scanned?.id ?? at.cursor),
      code: () => secrets.code(ticketId, keyId, ticket.confirmed?.id ?? at.cursor),
      redirectTo: (code) => redirectTo(ticket, code, issuer),
    });
  }

  return {
    notice: (reading, reset) => noticeOf(ticketOf(reading.head), reading, reset),
    rotation: (reading) => rotationOf(ticketOf(reading.head), reading),
    scanUrl: (reading) => scanOf(ticketOf(reading.head), reading).url,

    async load(subject) {
      try {
        const { head, now } = await commands.look(idOf(subject), () => undefined);
        return { head, now };
      } catch (error) {
        if (error instanceof ScangateError && error.code === 'not_found') return null;
        throw error;
      }
    },

    tell(reading, reset) {
      const ticket = ticketOf(reading.head);
      return {
        cursor: cursorOfHead(reading.head),
        notice: noticeOf(ticket, reading, reset),
        end: endsWatch(ticket.status),
      };
    },

    gone: (subject) => ({
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
    }),

    ends(head) {
      const { status, confirmed } = ticketOf(head);
      return [
        ...(confirmed === undefined ? [] : [confirmed.id]),
        ...(endsWatch(status) ? [lastMoment(head).id] : []),
      ];
    },

    movesInMs: ({ head, now }) => (head.final ? undefined : Math.max(0, deadlineOf(head) - now)),
  };
}

/** The client's redirect address with the code in it (RFC 6749 §4.1.2, RFC 9207 §2). */
function redirectTo({ minted }: Ticket, code: string, issuer: string): string | undefined {
  if (minted.redirect_uri === undefined) return undefined;
  const url = new URL(minted.redirect_uri);
  url.searchParams.append('code', code);
  if (minted.state !== undefined) url.searchParams.append('state', minted.state);
  url.searchParams.append('iss', issuer);
  return url.href;
}
