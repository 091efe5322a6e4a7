import type { Cursor } from './cursor.ts';
import type { ConfirmedData, DeniedData, MintedData, RedeemedData, ScannedData } from './events.ts';

/** Where a ticket can stand. `pending`, `scanned` and `confirmed` can still move; the others are final. */
export const TICKET_STATUSES = [
  'pending',
  'scanned',
  'confirmed',
  'redeemed',
  'denied',
  'cancelled',
  'expired',
] as const;

export type TicketStatus = (typeof TICKET_STATUSES)[number];

/** What a ticket's events add up to. It holds no time and no secret: the store keeps the times beside it. */
export interface Ticket<Minted = MintedData> {
  readonly status: TicketStatus;
  readonly minted: Minted;
  readonly scanned?: Pick<ScannedData, 'user' | 'same_device' | 'risk'> & { readonly id: Cursor };
  /** Another user's phone scanned it as well. */
  readonly contested?: true;
  readonly confirmed?: ConfirmedData & { readonly id: Cursor };
  readonly accepted?: { readonly id: Cursor };
  readonly denied?: DeniedData;
  readonly redeemed?: RedeemedData & { readonly id: Cursor };
}

/**
 * Whether the phone must type the number that the browser shows: the client asks for it, or the risk does. On the same device
 * nobody sees it, and what keeps strangers out there is that the result comes back to the browser that waits.
 */
export function asksNumber({ minted, scanned }: Ticket): boolean {
  return (minted.number_match || scanned?.risk?.outcome === 'match') && scanned?.same_device !== true;
}

/** Whether it was scanned under a risk that its client refuses: nobody may confirm it. */
export function isTooRisky({ scanned }: Ticket<unknown>): boolean {
  return scanned?.risk?.outcome === 'refuse';
}

const FINAL: Readonly<Record<TicketStatus, boolean>> & Readonly<Record<string, boolean | undefined>> = {
  pending: false,
  scanned: false,
  confirmed: false,
  redeemed: true,
  denied: true,
  cancelled: true,
  expired: true,
};

/** Whether nothing leads out of this status. */
export function isFinal(status: string): boolean {
  return FINAL[status] === true;
}

/** Whether a confirmation still waits for the browser to accept it. */
export function isAsking({ status, confirmed, accepted }: Ticket<unknown>): boolean {
  return status === 'confirmed' && confirmed?.asks === true && accepted === undefined;
}

/** Whether a browser that was told of this ticket need not wait any longer. */
export function endsWatch(ticket: Ticket<unknown>): boolean {
  return (ticket.status === 'confirmed' && !isAsking(ticket)) || isFinal(ticket.status);
}
