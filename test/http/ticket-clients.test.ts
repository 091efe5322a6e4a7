import { expect, test } from '@jest/globals';
import type { TicketView } from '../../src/command/ticket-view.ts';
import { TicketClients } from '../../src/http/tickets/ticket-clients.ts';

const viewOf = (ticketId: string, clientId: string): TicketView =>
  ({ ticketId, ticket: { minted: { client_id: clientId } } }) as unknown as TicketView;

test('the clients of so many tickets are remembered, and those of the longest unseen go first', () => {
  const clients = new TicketClients(2);
  for (const id of ['a', 'b', 'a', 'c']) clients.note(viewOf(id, `client of ${id}`));
  expect(['a', 'b', 'c'].map((id) => clients.of(id))).toEqual(['client of a', undefined, 'client of c']);
});
