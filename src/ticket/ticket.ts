import type { Cursor } from './cursor.ts';
import type { DeniedData, MintedData, RedeemedData, ScannedData } from './events.ts';

/** Where a ticket stands. `pending`, `scanned` and `confirmed` can still move; the others are final. */
export type TicketStatus =
  'pending' | 'scanned' | 'confirmed' | 'redeemed' | 'denied' | 'cancelled' | 'expired';

/** What a ticket's events add up to. It holds no time and no secret: the store keeps the times beside it. */
export interface Ticket<Minted = MintedData> {
  readonly status: TicketStatus;
  readonly minted: Minted;
  readonly scanned?: Pick<ScannedData, 'user'> & { readonly id: Cursor };
  readonly confirmed?: { readonly id: Cursor };
  readonly denied?: DeniedData;
  readonly redeemed?: RedeemedData & { readonly id: Cursor };
}

const FINAL: ReadonlySet<string> = new Set<TicketStatus>(['redeemed', 'denied', 'cancelled', 'expired']);

/** Whether nothing leads out of this status. */
export function isFinal(status: string): boolean {
  return FINAL.has(status);
}

/** Whether a browser that was told this status need not wait any longer. */
export function endsWatch(status: TicketStatus): boolean {
  return status === 'confirmed' || isFinal(status);
}
