import type { Complete } from './complete.ts';
import type { Cursor } from './cursor.ts';
import type { ContestedData, TicketEvent } from './events.ts';
import type { Ticket } from './ticket.ts';

type Scanned = NonNullable<Ticket['scanned']>;
type Accepted = NonNullable<Ticket['accepted']>;

/**
 * Folds one event into what a ticket is. Total: an event that does not fit (a first event that is not `minted`, a
 * second `minted`) leaves the ticket as it is, because history is never wrong, only odd. What a ticket was minted with is
 * carried, and never looked at.
 */
export function evolve<Minted>(
  ticket: Ticket<Minted> | undefined,
  event: TicketEvent<Minted> & { readonly id: Cursor },
): Ticket<Minted> | undefined {
  if (event.type === 'minted') return ticket ?? { status: 'pending', minted: event.data };
  if (ticket === undefined) return undefined;
  // A literal that begins with a spread is eight times slower in V8 than one that has it later.
  const { status: before, ...known } = ticket;
  switch (event.type) {
    case 'scanned':
      return {
        status: 'scanned',
        ...known,
        scanned: scannedOf(event),
      };
    case 'confirmed':
      return { status: 'confirmed', ...known, confirmed: { id: event.id, ...event.data } };
    case 'contested':
      return { status: before, ...known, contested: true, ...contestedRisk(known.scanned, event.data) };
    case 'accepted':
      return { status: before, ...known, accepted: { id: event.id } satisfies Required<Accepted> };
    case 'denied':
      return { status: 'denied', ...known, denied: event.data };
    case 'redeemed':
      return { status: 'redeemed', ...known, redeemed: { ...event.data, id: event.id } };
    case 'cancelled':
    case 'expired':
      return { status: event.type, ...known };
  }
}

function scannedOf({ data, id }: TicketEvent & { readonly type: 'scanned'; readonly id: Cursor }): Scanned {
  const { user, same_device, risk } = data;
  const scanned = {
    user,
    id,
    ...(same_device === undefined ? {} : { same_device }),
    ...(risk === undefined ? {} : { risk }),
  };
  return scanned satisfies Complete<Scanned, typeof scanned>;
}

function contestedRisk(
  scanned: Scanned | undefined,
  { risk }: ContestedData,
): { readonly scanned?: Scanned } {
  return scanned === undefined || risk === undefined ? {} : { scanned: { ...scanned, risk } };
}
