import { expect, test } from '@jest/globals';
import { STATES } from '../../src/cli/conformance/notice.ts';
import { TICKET_STATUSES } from '../../src/ticket/ticket.ts';
import type { TicketStatus } from '../../src/ticket/ticket.ts';
import type { TicketStatus as ClientStatus } from '../../src/web/client/notice.ts';

// Neither may import what a gateway is made of: one runs in a browser, the other holds any gateway against the wire.
test('the client and the conformance suite know the statuses that there are', () => {
  const client: { readonly [S in ClientStatus]: S & TicketStatus } & {
    readonly [S in TicketStatus]: S & ClientStatus;
  } = {
    pending: 'pending',
    scanned: 'scanned',
    confirmed: 'confirmed',
    redeemed: 'redeemed',
    denied: 'denied',
    cancelled: 'cancelled',
    expired: 'expired',
  };
  expect(Object.keys(client)).toEqual(TICKET_STATUSES);
  expect(STATES).toEqual(TICKET_STATUSES);
});
