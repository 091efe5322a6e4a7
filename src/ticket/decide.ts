import { asksBrowser } from './accept.ts';
import type { TicketCommand } from './commands.ts';
import { ScangateError } from './error.ts';
import type { ErrorCode } from './error.ts';
import type { ConfirmedData, DeniedData, TicketEvent, User } from './events.ts';
import { joinedRisk } from './risk.ts';
import { isAsking, isFinal, isTooRisky } from './ticket.ts';
import type { Ticket, TicketStatus } from './ticket.ts';

/**
 * What a command makes of a ticket: the event to append, or none where the same actor's same command has won already.
 * Deadlines are not its business: the store checks them before anything else.
 *
 * @throws {@link ScangateError} where the command lost to another decision or was never this actor's to give.
 */
export function decide(ticket: Ticket | undefined, command: TicketCommand): TicketEvent | undefined {
  if (command.type === 'mint') {
    return ticket === undefined ? { type: 'minted', data: command.data } : undefined;
  }
  if (ticket === undefined) throw new ScangateError('not_found');
  switch (command.type) {
    case 'scan':
      if (ticket.status === 'pending') return scanned(command.user, command);
      if (ticket.status === 'scanned' || ticket.status === 'confirmed') {
        if (scannedBy(ticket, command.user)) return undefined;
        throw refusal(ticket.status === 'scanned' ? 'already_scanned' : 'already_confirmed', ticket);
      }
      if (wasTooRisky(ticket) && scannedBy(ticket, command.user)) return undefined;
      throw lost(ticket);
    case 'contest':
      return isContest(ticket, command.user) ? contested(ticket, command) : undefined;
    case 'confirm':
      onlyScanner(ticket, command.user);
      if (ticket.status === 'scanned' && isTooRisky(ticket)) throw tooRisky(ticket);
      if (ticket.status === 'scanned') return { type: 'confirmed', data: confirmedData(ticket, command) };
      if (ticket.status === 'confirmed' || ticket.status === 'redeemed') return undefined;
      throw lost(ticket);
    case 'deny':
      onlyScanner(ticket, command.user);
      if (ticket.status === 'scanned') return { type: 'denied', data: deniedData(command) };
      if (ticket.status === 'denied') return undefined;
      throw lost(ticket);
    case 'refuse':
      if (ticket.status === 'scanned' && isTooRisky(ticket))
        return { type: 'denied', data: { reason: 'risk' } };
      if (ticket.status === 'denied') return undefined;
      throw lost(ticket);
    case 'accept':
      if (isAsking(ticket)) return { type: 'accepted', data: {} };
      if (ticket.status === 'confirmed' || ticket.status === 'redeemed') return undefined;
      throw lost(ticket);
    case 'cancel':
      if (ticket.status === 'pending' || ticket.status === 'scanned' || isAsking(ticket))
        return { type: 'cancelled', data: {} };
      if (ticket.status === 'cancelled') return undefined;
      throw lost(ticket);
    case 'revoke':
      return isFinal(ticket.status) ? undefined : { type: 'cancelled', data: {} };
    case 'redeem':
      if (isAsking(ticket)) throw new ScangateError('not_found');
      if (ticket.status === 'confirmed') {
        return { type: 'redeemed', data: command.replay === undefined ? {} : { replay: command.replay } };
      }
      if (
        ticket.status === 'redeemed' &&
        command.replay !== undefined &&
        ticket.redeemed?.replay === command.replay
      ) {
        return undefined;
      }
      throw lost(ticket);
    case 'expire':
      return ticket.status === 'pending' || ticket.status === 'scanned' || ticket.status === 'confirmed'
        ? { type: 'expired', data: {} }
        : undefined;
  }
}

/** Whether two users are the same one: equal source, issuer and subject. */
export function sameUser(a: User, b: User): boolean {
  return a.source === b.source && a.issuer === b.issuer && a.subject === b.subject;
}

function confirmedData(
  ticket: Ticket,
  { auth_time: authTime, userKey }: TicketCommand & { type: 'confirm' },
): ConfirmedData {
  return {
    ...(authTime === undefined ? {} : { auth_time: authTime }),
    ...(asksBrowser(ticket, userKey) ? { asks: true } : {}),
  };
}

function deniedData({ report, reason }: TicketCommand & { type: 'deny' }): DeniedData {
  return { ...(report ? { report } : {}), ...(reason === undefined ? {} : { reason }) };
}

function scanned(user: User, command: TicketCommand & { type: 'scan' }): TicketEvent {
  const { phone, sameDevice, risk } = command;
  const sameDeviceOf = sameDevice === true ? ({ same_device: true } as const) : {};
  return { type: 'scanned', data: { user, phone, ...sameDeviceOf, ...(risk === undefined ? {} : { risk }) } };
}

function contested({ scanned: before }: Ticket, { risk }: TicketCommand & { type: 'contest' }): TicketEvent {
  return { type: 'contested', data: risk === undefined ? {} : { risk: joinedRisk(before?.risk, risk) } };
}

function isContest(ticket: Ticket, user: User): boolean {
  return ticket.status === 'scanned' && ticket.contested === undefined && !scannedBy(ticket, user);
}

function scannedBy(ticket: Ticket, user: User): boolean {
  return ticket.scanned !== undefined && sameUser(ticket.scanned.user, user);
}

// A handshake in the wrong hands gets the answer of an unknown one.
function onlyScanner(ticket: Ticket, user: User): void {
  if (!scannedBy(ticket, user)) throw new ScangateError('not_found');
}

const LOST: Record<TicketStatus, ErrorCode> = {
  pending: 'not_found',
  scanned: 'not_found',
  confirmed: 'already_confirmed',
  denied: 'already_denied',
  cancelled: 'already_cancelled',
  redeemed: 'already_redeemed',
  expired: 'expired',
};

function lost(ticket: Ticket): ScangateError {
  if (wasTooRisky(ticket)) return tooRisky(ticket);
  return refusal(LOST[ticket.status], ticket);
}

function refusal(code: ErrorCode, ticket: Ticket): ScangateError {
  return new ScangateError(code, code === 'not_found' ? {} : { ticketStatus: ticket.status });
}

function wasTooRisky({ status, denied }: Ticket): boolean {
  return status === 'denied' && denied?.reason === 'risk';
}

function tooRisky({ status }: Ticket): ScangateError {
  const message = 'The gateway refused this sign-in: it may not be your own.';
  return new ScangateError('already_denied', { field: 'risk', message, ticketStatus: status });
}
