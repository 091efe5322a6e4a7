import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import type { TicketCommands } from '../../src/command/ticket-commands.ts';
import { momentOf } from '../../src/command/ticket-view.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { ticketSubject } from '../../src/store/subject.ts';
import { ScangateError } from '../../src/ticket/error.ts';
import type { Lives, MintedData, User } from '../../src/ticket/events.ts';
import { rounds } from '../support/random.ts';
import { until } from '../support/until.ts';

const ALICE: User = { source: 'demo', issuer: 'demo', subject: 'alice' };
const BOB: User = { source: 'demo', issuer: 'demo', subject: 'bob' };
const PHONE = { ip: '127.0.0.1', agent: 'phone' };
const LIVES: Lives = {
  ticket_ms: 60_000,
  decision_ms: 60_000,
  max_ms: 60_000,
  code_ms: 60_000,
  qr_period_ms: 30_000,
};
const ROUNDS = rounds(100, 1000);
const AT_ONCE = 20;

function minted(lives: Partial<Lives> = {}): MintedData {
  return {
    client_id: 'demo',
    grant: 'authorization_code',
    binding: 'bearer',
    key_id: 'key',
    scope: [],
    browser: PHONE,
    lives: { ...LIVES, ...lives },
    shows_scanner: true,
    number_match: false,
  };
}

/** What one side of a race was told. */
type Outcome = { readonly won: boolean; readonly told: string };

/** Two commands at one cursor: exactly one wins, and the loser is told the true state. Run against every store. */
export function racesContract(
  name: string,
  open: () => Promise<{
    readonly stores: readonly [EventStore, EventStore];
    readonly close: () => Promise<void>;
  }>,
): void {
  describe(`races on the ${name} store, ${ROUNDS} rounds each`, () => {
    let world: Awaited<ReturnType<typeof open>>;
    let here: TicketCommands;
    let there: TicketCommands;

    beforeAll(async () => {
      world = await open();
      const makeNonce = (): string => randomBytes(8).readBigUInt64BE().toString();
      const commands = (store: EventStore): TicketCommands => ticketCommands({ store, makeNonce, tries: 6 });
      here = commands(world.stores[0]);
      there = commands(world.stores[1]);
    });

    afterAll(async () => world?.close());

    const admit = (): void => undefined;
    const freshId = (): string => randomBytes(16).toString('base64url');

    async function scannedTicket(lives: Partial<Lives> = {}): Promise<string> {
      const id = freshId();
      await here.mint(id, minted(lives));
      await here.run(id, { type: 'scan', user: ALICE, phone: PHONE }, admit);
      return id;
    }

    /** On a busy machine the deadline may pass before the scan. */
    function tooLate(error: unknown): undefined {
      if (!(error instanceof ScangateError && error.code === 'expired')) throw error;
    }

    async function outcome(
      attempt: Promise<{ readonly decided: boolean; readonly ticket: { readonly status: string } }>,
    ): Promise<Outcome> {
      try {
        const { decided, ticket } = await attempt;
        return { won: decided, told: ticket.status };
      } catch (error) {
        if (error instanceof ScangateError) return { won: false, told: error.code };
        throw error;
      }
    }

    async function eventsOf(id: string): Promise<string[]> {
      return (await world.stores[0].history(ticketSubject(id))).map((event) => event.type);
    }

    async function each(round: () => Promise<void>): Promise<void> {
      for (let done = 0; done < ROUNDS; done += AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, ROUNDS - done) }, round));
      }
    }

    test('confirm against deny', async () => {
      await each(async () => {
        const id = await scannedTicket();
        const [yes, no] = await Promise.all([
          outcome(here.run(id, { type: 'confirm', user: ALICE }, admit)),
          outcome(there.run(id, { type: 'deny', user: ALICE, report: false }, admit)),
        ]);
        expect(yes.won).not.toBe(no.won);
        expect(yes.won ? no.told : yes.told).toBe(yes.won ? 'already_confirmed' : 'already_denied');
        expect(await eventsOf(id)).toEqual(['minted', 'scanned', yes.won ? 'confirmed' : 'denied']);
      });
    });

    test('confirm against confirm', async () => {
      await each(async () => {
        const id = await scannedTicket();
        const both = await Promise.all(
          [here, there].map((side) => outcome(side.run(id, { type: 'confirm', user: ALICE }, admit))),
        );
        expect(both.map((side) => side.told)).toEqual(['confirmed', 'confirmed']);
        expect(both.filter((side) => side.won)).toHaveLength(1);
        expect(await eventsOf(id)).toEqual(['minted', 'scanned', 'confirmed']);
      });
    });

    test('scan against scan', async () => {
      await each(async () => {
        const id = freshId();
        await here.mint(id, minted());
        const [alice, bob] = await Promise.all([
          outcome(here.run(id, { type: 'scan', user: ALICE, phone: PHONE }, admit)),
          outcome(there.run(id, { type: 'scan', user: BOB, phone: PHONE }, admit)),
        ]);
        expect(alice.won).not.toBe(bob.won);
        expect(alice.won ? bob.told : alice.told).toBe('already_scanned');
        expect(await eventsOf(id)).toEqual(['minted', 'scanned']);
      });
    });

    test('redeem against redeem', async () => {
      await each(async () => {
        const id = await scannedTicket();
        await here.run(id, { type: 'confirm', user: ALICE }, admit);
        const session = {
          sid: (): string => `${id.slice(0, 2)}${freshSession}`.slice(0, 22),
          open: () => ({
            ticket_id: id,
            confirmed_id: '3-1' as const,
            key_id: 'key',
            client_id: 'demo',
            user: ALICE,
            scope: [],
            auth_time: 0,
            browser: PHONE,
            life_ms: 60_000,
          }),
        };
        const freshSession = freshId().slice(2);
        const both = await Promise.all(
          [here, there].map(async (side) => {
            try {
              await side.redeem(id, undefined, admit, session);
              return 'won';
            } catch (error) {
              return (error as ScangateError).code;
            }
          }),
        );
        expect([...both].sort()).toEqual(['already_redeemed', 'won']);
        expect(await eventsOf(id)).toEqual(['minted', 'scanned', 'confirmed', 'redeemed']);
        expect(
          (await world.stores[0].history(`session:${session.sid()}`)).map((event) => event.type),
        ).toEqual(['opened']);
      });
    });

    test('confirm against the deadline', async () => {
      let played = 0;
      await each(async () => {
        const id = await scannedTicket({ ticket_ms: 150, decision_ms: 150, max_ms: 150 }).catch(tooLate);
        if (id === undefined) return;
        played += 1;
        const view = await here.look(id, admit);
        const left = (momentOf(view.head, view.ticket.scanned?.id) ?? 0) + 148 - view.now;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, left + Math.random() * 4)));
        const { won, told } = await outcome(there.run(id, { type: 'confirm', user: ALICE }, admit));
        expect(won ? told : 'confirmed').toBe('confirmed');
        if (!won) expect(told).toBe('expired');
        const types = await until(async () => {
          await here.look(id, admit);
          return await eventsOf(id);
        });
        expect(types.slice(0, 3)).toEqual(['minted', 'scanned', won ? 'confirmed' : 'expired']);
      });
      expect(played).toBeGreaterThan(0);
    });
  });
}
