import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, property } from 'fast-check';
import type { SessionEvent } from '../../src/session/events.ts';
import { evolveSession } from '../../src/session/session.ts';
import type { Session } from '../../src/session/session.ts';
import {
  FIRST_HEAD_SCHEMA,
  HEAD_SCHEMA,
  NewerSchema,
  decodeEvent,
  encodeEvent,
} from '../../src/store/codec.ts';
import type { Head, StoredEvent } from '../../src/store/event-store.ts';
import { fold, sessionOf, ticketOf } from '../../src/store/fold.ts';
import type { Folded } from '../../src/store/fold.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { ConfirmedData, TicketEvent } from '../../src/ticket/events.ts';
import type { RiskOutcome } from '../../src/ticket/risk.ts';
import { evolve } from '../../src/ticket/evolve.ts';
import type { Ticket } from '../../src/ticket/ticket.ts';
import { MINTED, SCANNED, appendMaker, freshTicket, opened, seeded } from '../contract/appends.ts';
import { SESSION_EVENTS, SESSION_MEMBERS, TICKET_EVENTS, TICKET_MEMBERS } from './every-event.ts';
import { RUN } from '../ticket/arbitrary.ts';

const TICKET: Subject = 'ticket:abcdefghijklmnopqrstuv';
const SESSION: Subject = 'session:abcdefghijklmnopqrstuv';

function stored(subject: Subject, events: readonly (TicketEvent | SessionEvent)[]): StoredEvent[] {
  return events.map((event, i) => ({
    subject,
    version: i + 1,
    id: `${i + 1}-${i + 100}` as Cursor,
    at: 1000 + i,
    deadline: 5000,
    ...encodeEvent(event),
  }));
}

/** The head that the writers of these events leave, each folding one more onto the head that it read. */
function written(events: readonly StoredEvent[]): Head {
  const { first, next } = appendMaker(seeded(1));
  let head: Head | undefined;
  for (const event of events) {
    const { subject, id, version, at, deadline } = event;
    const plain = decodeEvent<TicketEvent | SessionEvent>(event);
    const append = head === undefined ? first(subject, plain, { ms: 1 }, { id }) : next(head, plain, { id });
    head = { subject, version, first: 1000, moments: [{ id, at, deadline }], ...append.head };
  }
  return head as Head;
}

describe('a fold', () => {
  test.each([
    { subject: TICKET, start: TICKET_EVENTS.minted, later: Object.values(TICKET_EVENTS) },
    { subject: SESSION, start: SESSION_EVENTS.opened, later: Object.values(SESSION_EVENTS) },
    { subject: SESSION, start: SESSION_EVENTS.revoked, later: Object.values(SESSION_EVENTS) },
  ])('of $subject from $start.type on equals what the writers left step by step', (row) => {
    const later = array(constantFrom<TicketEvent | SessionEvent>(...row.later), { maxLength: 6 });
    assert(
      property(later, (more) => {
        const events = stored(row.subject, [row.start, ...more]);
        const { status, final, schema, blob } = written(events);
        expect(fold(events)).toEqual({ status, final, schema, blob });
      }),
      RUN,
    );
  });

  test.each(Object.entries(TICKET_MEMBERS))('keeps what a ticket has as %s', (member, types) => {
    const events = stored(
      TICKET,
      types.map((type) => TICKET_EVENTS[type]),
    );
    const ticket = types.reduce<Ticket | undefined>(
      (before, type, i) => evolve(before, { ...TICKET_EVENTS[type], id: (events[i] as StoredEvent).id }),
      undefined,
    );
    expect(ticket).toHaveProperty(member);
    expect(ticketOf(written(events))).toEqual(ticket);
    expect(ticketOf({ ...written(events), ...(fold(events) as Folded) })).toEqual(ticket);
  });

  test.each(Object.entries(SESSION_MEMBERS))('keeps what a session has as %s', (member, types) => {
    const events = stored(
      SESSION,
      types.map((type) => SESSION_EVENTS[type]),
    );
    const session = types.reduce<Session | undefined>(
      (before, type, i) =>
        evolveSession(before, { ...SESSION_EVENTS[type], id: (events[i] as StoredEvent).id }),
      undefined,
    );
    expect(session).toHaveProperty(member);
    expect(sessionOf(written(events))).toEqual(session);
    expect(sessionOf({ ...written(events), ...(fold(events) as Folded) })).toEqual(session);
  });

  test('holds no time, so that a rebuilt head is the first one', () => {
    const events = stored(TICKET, [{ type: 'minted', data: MINTED }, SCANNED]);
    const later = events.map((event) => ({ ...event, at: event.at + 99_999, deadline: 77 }));
    expect(fold(later)).toEqual(fold(events));
  });

  test('begins at the beginning or not at all', () => {
    const events = stored(TICKET, [{ type: 'minted', data: MINTED }, SCANNED]);
    expect(fold([])).toBeUndefined();
    expect(fold(events.slice(1))).toBeUndefined();
  });

  test('skips canaries', () => {
    const canary: StoredEvent = {
      subject: 'canary:abcdefghijklmnopqrstuv',
      version: 1,
      id: '1-1',
      at: 1,
      deadline: 1,
      type: 'canary',
      schema: 1,
      data: '{}',
    };
    expect(fold([canary])).toBeUndefined();
  });

  test('never goes past an event of a later release', () => {
    const events = stored(TICKET, [{ type: 'minted', data: MINTED }, SCANNED]);
    const last = events[1] as StoredEvent;
    expect(() => fold([events[0] as StoredEvent, { ...last, type: 'teleported' }])).toThrow(NewerSchema);
    expect(() => fold([events[0] as StoredEvent, { ...last, schema: 2 }])).toThrow(NewerSchema);
  });

  test('of a session that begins with its revocation is revoked, and stays so', () => {
    const events = stored(SESSION, [{ type: 'revoked', data: { reason: 'user' } }, opened(TICKET, '3-1')]);
    expect(fold(events)).toMatchObject({ status: 'revoked', final: true });
  });
});

describe('the schema of a head', () => {
  const begun: readonly TicketEvent[] = [{ type: 'minted', data: MINTED }, SCANNED];
  const confirmed = (data: ConfirmedData): TicketEvent => ({ type: 'confirmed', data });
  const sameDevice: TicketEvent = {
    ...TICKET_EVENTS.scanned,
    data: { ...TICKET_EVENTS.scanned.data, same_device: true },
  };

  const riskyScan = (outcome: RiskOutcome): TicketEvent => ({
    type: 'scanned',
    data: {
      user: TICKET_EVENTS.scanned.data.user,
      phone: TICKET_EVENTS.scanned.data.phone,
      risk: { outcome, reasons: ['other_network'] },
    },
  });

  test.each<readonly [string, number, readonly TicketEvent[]]>([
    ['that was scanned', FIRST_HEAD_SCHEMA, begun],
    ['that was confirmed', FIRST_HEAD_SCHEMA, [...begun, confirmed({})]],
    ['that was redeemed', FIRST_HEAD_SCHEMA, [...begun, confirmed({}), { type: 'redeemed', data: {} }]],
    ['that was denied', FIRST_HEAD_SCHEMA, [...begun, { type: 'denied', data: { report: false } }]],
    ['that was scanned on the same device', HEAD_SCHEMA, [begun[0]!, sameDevice]],
    ['that was scanned under a risk that is allowed', FIRST_HEAD_SCHEMA, [begun[0]!, riskyScan('allow')]],
    ['that was scanned under a risk that takes a number', HEAD_SCHEMA, [begun[0]!, riskyScan('match')]],
    ['that was scanned under a risk that is refused', HEAD_SCHEMA, [begun[0]!, riskyScan('refuse')]],
    ['that was confirmed there', HEAD_SCHEMA, [begun[0]!, sameDevice, confirmed({})]],
    ['that a second phone scanned', HEAD_SCHEMA, [...begun, { type: 'contested', data: {} }]],
    ['that asks', HEAD_SCHEMA, [...begun, confirmed({ asks: true })]],
    ['that was accepted', HEAD_SCHEMA, [...begun, confirmed({ asks: true }), { type: 'accepted', data: {} }]],
  ])('of a ticket %s is %i', (_what, schema, events) => {
    expect(fold(stored(TICKET, events))?.schema).toBe(schema);
    expect(written(stored(TICKET, events)).schema).toBe(schema);
  });

  test('of a session is what every release reads', () => {
    expect(fold(stored(SESSION, [opened(TICKET, '3-1')]))?.schema).toBe(FIRST_HEAD_SCHEMA);
  });
});

describe('a head of a later release', () => {
  const subject = freshTicket(seeded(2));
  const head: Head = {
    subject,
    version: 1,
    moments: [{ id: '1-1', at: 1, deadline: 2 }],
    first: 1,
    status: 'pending',
    final: false,
    schema: HEAD_SCHEMA + 1,
    blob: '{}',
  };

  test('is not read as if it were ours', () => {
    expect(() => ticketOf(head)).toThrow(NewerSchema);
    expect(() => sessionOf(head)).toThrow(NewerSchema);
  });
});
