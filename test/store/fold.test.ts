import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, property } from 'fast-check';
import type { SessionEvent } from '../../src/session/events.ts';
import { NewerSchema, decodeEvent, encodeEvent } from '../../src/store/codec.ts';
import type { Head, StoredEvent } from '../../src/store/event-store.ts';
import { fold, sessionOf, ticketOf } from '../../src/store/fold.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { MINTED, SCANNED, appendMaker, freshTicket, opened, seeded } from '../contract/appends.ts';

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

const ticketEvents: TicketEvent[] = [
  SCANNED,
  { type: 'confirmed', data: {} },
  { type: 'denied', data: {} },
  { type: 'cancelled', data: {} },
  { type: 'expired', data: {} },
  { type: 'redeemed', data: { replay: 'r' } },
];

describe('a fold', () => {
  test('equals what the writers left step by step, whatever happened', () => {
    assert(
      property(array(constantFrom(...ticketEvents), { maxLength: 6 }), (later) => {
        const events = stored(TICKET, [{ type: 'minted', data: MINTED }, ...later]);
        const { first, next } = appendMaker(seeded(1));
        let head: Head | undefined;
        for (const event of events) {
          const plain = decodeEvent<TicketEvent>(event);
          const append =
            head === undefined
              ? first(TICKET, plain, { ms: 1 }, { id: event.id })
              : next(head, plain, { id: event.id });
          head = {
            subject: TICKET,
            version: event.version,
            first: 1000,
            moments: [{ id: event.id, at: event.at, deadline: event.deadline }],
            ...append.head,
          };
        }
        const { status, final, schema, blob } = head as Head;
        expect(fold(events)).toEqual({ status, final, schema, blob });
      }),
    );
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

describe('a head of a later release', () => {
  const subject = freshTicket(seeded(2));
  const head: Head = {
    subject,
    version: 1,
    moments: [{ id: '1-1', at: 1, deadline: 2 }],
    first: 1,
    status: 'pending',
    final: false,
    schema: 2,
    blob: '{}',
  };

  test('is not read as if it were ours', () => {
    expect(() => ticketOf(head)).toThrow(NewerSchema);
    expect(() => sessionOf(head)).toThrow(NewerSchema);
  });
});
