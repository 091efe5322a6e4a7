import { afterEach, expect, test } from '@jest/globals';
import type { TicketCommands } from '../../src/command/ticket-commands.ts';
import type { ScanRisk } from '../../src/http/tickets/scan-risk.ts';
import { scanning } from '../../src/http/tickets/scanning.ts';
import { ScangateError } from '../../src/ticket/error.ts';
import type { TicketStatus } from '../../src/ticket/ticket.ts';
import { alice, makeWorld } from '../oauth/world.ts';
import type { World } from '../oauth/world.ts';
import { PHONE } from '../ticket/given.ts';

let world: World;
afterEach(() => world?.close());

const anyone = (): void => undefined;

test.each(['scan', 'refuse', undefined])(
  'a refusal for risk is told of once, where the answer to %s is lost and the phone asks again',
  async (lost) => {
    world = await makeWorld();
    const ticketId = await world.mint({ client_id: 'demo' });
    let losing = lost;
    const commands: TicketCommands = {
      ...world.tickets,
      async run(at, command, guard) {
        const view = await world.tickets.run(at, command, guard);
        if (command.type !== losing) return view;
        losing = undefined;
        throw new ScangateError('not_replicated', { retryAfterMs: 1 });
      },
    };
    const told: TicketStatus[] = [];
    const risk: ScanRisk = {
      assess: () => Promise.resolve({ outcome: 'refuse', reasons: ['other_country'] }),
      assessSecondPhone: () => undefined,
      tell: ({ ticket }) => void told.push(ticket.status),
      placeOf: () => undefined,
    };
    const scan = scanning(commands, risk);
    const by = { user: alice, phone: PHONE, sameDevice: false };
    const first = scan(ticketId, anyone, by);
    if (lost !== undefined) await expect(first).rejects.toMatchObject({ code: 'not_replicated' });
    else await first;
    expect((await scan(ticketId, anyone, by)).ticket.status).toBe('denied');
    expect(told).toHaveLength(1);
  },
);
