import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, pre, property, tuple } from 'fast-check';
import type { TicketCommand } from '../../src/ticket/commands.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { endsWatch, isFinal } from '../../src/ticket/ticket.ts';
import type { Ticket } from '../../src/ticket/ticket.ts';
import { RUN, SEED, anyCommand, anyEvent } from './arbitrary.ts';
import {
  ADA,
  BOB,
  MINTED,
  accept,
  accepted,
  asking,
  confirm,
  mint,
  outcomeOf,
  redeem,
  minted,
  scan,
  scanned,
  ticketAfter,
} from './given.ts';

/** The way of a sign-in, so that random commands do not all die in front of the door. */
const WAY: TicketCommand[] = [mint, scan(ADA), confirm(ADA), redeem('a')];
const ASKING: TicketCommand = { type: 'mint', data: { ...MINTED, accept: 'always' } };
const WAYS: TicketCommand[][] = [WAY, [ASKING, scan(ADA), confirm(ADA), accept, redeem('a')]];

/** The events that leave a ticket's status as it is. */
const KEEPS: ReadonlySet<string> = new Set(['minted', 'contested', 'accepted']);

const someCommands = tuple(
  constantFrom(...WAYS),
  constantFrom(0, 1, 2, 3, 4, 5),
  array(anyCommand, { maxLength: 12 }),
).map(([way, steps, rest]) => [...way.slice(0, steps), ...rest]);

/** All that the commands left, each decided on what was there before. */
function historyOf(commands: readonly TicketCommand[]): TicketEvent[] {
  const events: TicketEvent[] = [];
  for (const command of commands) {
    const outcome = outcomeOf(ticketAfter(events), command);
    if ('event' in outcome) events.push(outcome.event);
  }
  return events;
}

describe(`The laws of a ticket (seed ${SEED})`, () => {
  test('final stays final, whatever is asked', () => {
    assert(
      property(someCommands, anyCommand, (commands, last) => {
        const ticket = ticketAfter(historyOf(commands));
        pre(ticket !== undefined && isFinal(ticket.status));
        expect(outcomeOf(ticket, last)).not.toHaveProperty('event');
      }),
      RUN,
    );
  });

  test('a history is a way of the picture: it begins with its minting, and at most its last event is final', () => {
    const ways = [
      /^(minted( scanned( contested)?( confirmed( accepted)?( redeemed)?)?)?)?$/,
      /^minted( scanned( contested)?( confirmed)?)? cancelled$/,
      /^minted scanned( contested)? denied$/,
      /^minted( scanned( contested)?( confirmed( accepted)?)?)? expired$/,
    ];
    assert(
      property(someCommands, (commands) => {
        const history = historyOf(commands)
          .map(({ type }) => type)
          .join(' ');
        expect(ways.some((way) => way.test(history))).toBe(true);
      }),
      RUN,
    );
  });

  test('of two commands at one version one is written, and the other is told the true state or has nothing to do', () => {
    assert(
      property(someCommands, anyCommand, anyCommand, (commands, one, other) => {
        const history = historyOf(commands);
        const before = ticketAfter(history);
        const first = outcomeOf(before, one);
        const second = outcomeOf(before, other);
        pre('event' in first && 'event' in second);
        if (!('event' in first)) return;
        const ticket = ticketAfter([...history, first.event]);
        const again = outcomeOf(ticket, other);
        if ('refused' in again && again.refused !== 'not_found') {
          expect(again.ticketStatus).toBe(ticket?.status);
        }
        if (ticket !== undefined && isFinal(ticket.status)) expect(again).not.toHaveProperty('event');
        if (one.type === other.type) expect(again).not.toHaveProperty('event');
      }),
      RUN,
    );
  });

  test('the same command of the same actor again changes nothing and is not refused', () => {
    assert(
      property(someCommands, anyCommand, (commands, command) => {
        const history = historyOf(commands);
        const outcome = outcomeOf(ticketAfter(history), command);
        pre('event' in outcome && !(command.type === 'redeem' && command.replay === undefined));
        if (!('event' in outcome)) return;
        expect(outcomeOf(ticketAfter([...history, outcome.event]), command)).toEqual({ nothing: true });
      }),
      RUN,
    );
  });

  test('only who scanned decides', () => {
    assert(
      property(someCommands, constantFrom('confirm' as const, 'deny' as const), (commands, type) => {
        const ticket = ticketAfter(historyOf([mint, scan(ADA), ...commands]));
        const command: TicketCommand = type === 'confirm' ? confirm(BOB) : { type, user: BOB, report: true };
        expect(outcomeOf(ticket, command)).toEqual({ refused: 'not_found', ticketStatus: undefined });
      }),
      RUN,
    );
  });

  test('evolve takes any events in any order, and changes nothing that it was given', () => {
    assert(
      property(array(anyEvent, { maxLength: 12 }), (events) => {
        const ticket = ticketAfter(events.map(frozen));
        const first = events.find(({ type }) => type === 'minted');
        expect(ticket?.minted).toEqual(first?.data);
        expect(ticket === undefined).toBe(first === undefined);
        const last = events.slice(first === undefined ? 0 : events.indexOf(first) + 1);
        const status = last.findLast(({ type }) => !KEEPS.has(type))?.type ?? 'pending';
        if (ticket !== undefined) expect(ticket.status).toBe(status);
      }),
      RUN,
    );
  });

  test('what ends a watch is confirmed or final', () => {
    const statuses = [
      'pending',
      'scanned',
      'confirmed',
      'redeemed',
      'denied',
      'cancelled',
      'expired',
    ] as const;
    expect(statuses.filter(isFinal)).toEqual(['redeemed', 'denied', 'cancelled', 'expired']);
    const ending = statuses.filter((status) => endsWatch({ status, minted: MINTED }));
    expect(ending).toEqual(['confirmed', 'redeemed', 'denied', 'cancelled', 'expired']);
    expect(endsWatch(ticketAfter([minted(), scanned(), asking]) as Ticket)).toBe(false);
    expect(endsWatch(ticketAfter([minted(), scanned(), asking, accepted]) as Ticket)).toBe(true);
    for (const name of ['', 'toString', '__proto__', 'active']) expect(isFinal(name)).toBe(false);
  });
});

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
