import { describe, expect, test } from '@jest/globals';
import { array, assert, property } from 'fast-check';
import type { MintedData, TicketEvent } from '../../src/ticket/events.ts';
import { notice } from '../../src/ticket/notice.ts';
import type { Derived, TicketNotice } from '../../src/ticket/notice.ts';
import { isAsking } from '../../src/ticket/ticket.ts';
import type { Ticket } from '../../src/ticket/ticket.ts';
import { RUN, SEED, anyEvent, anyMinted } from './arbitrary.ts';
import {
  ADA,
  accepted,
  asking,
  cancelled,
  confirmed,
  contested,
  denied,
  expired,
  minted,
  redeemed,
  scanned,
  ticketAfter,
} from './given.ts';

const AT = { ticketId: 'T', cursor: '2-8', expiresInMs: 5000, reset: false, retryAfterMs: 700 } as const;

/** Derived secrets that can be told apart, and a note of which were asked for. */
function derivedInto(asked: string[]): Derived {
  return {
    scan: () => {
      asked.push('scan');
      return { url: 'SCAN-URL', rotates_in_ms: 9 };
    },
    number: () => {
      asked.push('number');
      return '47';
    },
    code: () => {
      asked.push('code');
      return 'CODE';
    },
    formPage: () => 'FORM-PAGE',
    redirectTo: (answer) => `https://client/?${new URLSearchParams(answer).toString()}`,
  };
}

function shown(...events: TicketEvent[]): TicketNotice {
  return notice(ticketAfter(events) as Ticket, AT, derivedInto([]));
}

const always = { ticket_id: 'T', cursor: '2-8', expires_in_ms: 5000, reset: false };
const waiting = { retry_after_ms: 700, final: false };
const over = { retry_after_ms: 700, final: true };

describe('A notice', () => {
  test('shows the scan code while pending', () => {
    expect(shown(minted())).toEqual({
      ...always,
      status: 'pending',
      scan: { url: 'SCAN-URL', rotates_in_ms: 9 },
      advice: waiting,
    });
  });

  test('shows who scanned and the number while scanned, as the client’s policy allows', () => {
    const user = { ...ADA, picture: 'https://p' };
    expect(shown(minted(), scanned(user))).toEqual({
      ...always,
      status: 'scanned',
      scanner: { name: 'Ada', picture: 'https://p' },
      number: '47',
      advice: waiting,
    });
    const discreet = shown(minted({ shows_scanner: false, number_match: false }), scanned(user));
    expect(discreet).toEqual({ ...always, status: 'scanned', advice: waiting });
  });

  test('shows the result while confirmed, and not to a device', () => {
    expect(shown(minted({ state: 'S' }), scanned(), confirmed)).toEqual({
      ...always,
      status: 'confirmed',
      result: { code: 'CODE', state: 'S', redirect_to: 'https://client/?code=CODE' },
      advice: over,
    });
    const device = shown(minted({ grant: 'device_code', state: 'S' }), scanned(), confirmed);
    expect(device).toEqual({ ...always, status: 'confirmed', advice: over });
  });

  test('shows who confirmed and no result while it asks, and the result once that was accepted', () => {
    const asks = shown(minted({ state: 'S' }), scanned(), contested, asking);
    expect(asks).toEqual({
      ...always,
      status: 'confirmed',
      scanner: { name: 'Ada' },
      second_phone: true,
      ask: true,
      advice: waiting,
    });
    expect(shown(minted({ state: 'S' }), scanned(), contested, asking, accepted)).toEqual({
      ...always,
      status: 'confirmed',
      result: { code: 'CODE', state: 'S', redirect_to: 'https://client/?code=CODE' },
      advice: over,
    });
  });

  test('shows neither number nor result on the same device, but that it is', () => {
    const here = scanned(ADA, true);
    const head = { ...always, scanner: { name: 'Ada' }, same_device: true };
    expect(shown(minted(), here)).toEqual({ ...head, status: 'scanned', advice: waiting });
    const after = { ...always, same_device: true, status: 'confirmed', advice: over };
    expect(shown(minted({ state: 'S' }), here, confirmed)).toEqual(after);
    expect(shown(minted({ form_post: 'code' }), here, confirmed)).toEqual(after);
  });

  test('shows nothing more once redeemed', () => {
    const rest = { ...always, status: 'redeemed', expires_in_ms: 0, advice: over };
    expect(shown(minted({ state: 'S' }), scanned(), confirmed, redeemed('mac'))).toEqual(rest);
  });

  test.each([
    [denied, 'denied'],
    [cancelled, 'cancelled'],
    [expired, 'not+confirmed+in+time'],
  ])('says that there will be no code once $type, but not to a device', (end, why) => {
    const rest = { ...always, status: end.type, expires_in_ms: 0, advice: over };
    const redirect_to = `https://client/?error=access_denied&error_description=The+sign-in+was+${why}.`;
    const result = { error: 'access_denied', state: 'S', redirect_to };
    expect(shown(minted({ state: 'S' }), scanned(), end)).toEqual({ ...rest, result });
    expect(shown(minted({ state: 'S', grant: 'device_code' }), scanned(), end)).toEqual(rest);
  });

  test('never tells a time that is over', () => {
    const ticket = ticketAfter([minted()]) as Ticket;
    expect(notice(ticket, { ...AT, expiresInMs: -3 }, derivedInto([])).expires_in_ms).toBe(0);
  });
});

describe(`The redaction line (seed ${SEED})`, () => {
  /** Everything in the log is marked, so that it can be found again wherever it goes. */
  const MARKED: Partial<MintedData> = {
    client_id: '#client',
    key_id: '#key',
    redirect_uri: '#redirect',
    state: '#state',
    scope: ['#scope'],
    nonce: '#nonce',
    code_challenge: '#challenge',
    browser: { ip: '#ip', agent: '#agent', place: '#place' },
  };

  const TOLD = ['confirmed', 'denied', 'cancelled', 'expired'];

  test('lets through only what the state shows, whatever happened before', () => {
    assert(
      property(anyMinted, array(anyEvent, { maxLength: 8 }), (first, events) => {
        const marked = [first, ...events].map((event) => mark(event));
        const ticket = ticketAfter(marked) as Ticket;
        const asked: string[] = [];
        const text = JSON.stringify(notice(ticket, AT, derivedInto(asked)));
        const { status } = ticket;
        const isHere = ticket.scanned?.same_device === true;
        const isDevice = ticket.minted.grant === 'device_code';
        const allowed = new Set<string>([
          ...((status === 'scanned' || isAsking(ticket)) && ticket.minted.shows_scanner
            ? ['#name', '#picture']
            : []),
          ...(TOLD.includes(status) && !isDevice && !isAsking(ticket) && !(isHere && status === 'confirmed')
            ? ['#state']
            : []),
        ]);
        for (const found of text.match(/#\w+/g) ?? []) expect(allowed).toContain(found);
        for (const cursor of [ticket.scanned?.id, ticket.confirmed?.id, ticket.redeemed?.id]) {
          if (cursor !== undefined && cursor !== AT.cursor) expect(text).not.toContain(`"${cursor}"`);
        }
        const needed =
          { pending: ['scan'], scanned: ['number'], confirmed: ['code'] }[status as string] ?? [];
        for (const secret of asked)
          expect(isAsking(ticket) ? [] : isHere ? ['scan'] : needed).toContain(secret);
      }),
      RUN,
    );
  });

  function mark(event: TicketEvent): TicketEvent {
    if (event.type === 'minted') return { ...event, data: { ...event.data, ...MARKED } };
    if (event.type === 'redeemed') return { ...event, data: { replay: '#replay' } };
    if (event.type !== 'scanned') return event;
    return {
      ...event,
      data: {
        ...event.data,
        user: {
          source: '#source',
          issuer: '#issuer',
          subject: '#subject',
          name: '#name',
          picture: '#picture',
        },
        phone: { ip: '#phone', agent: '#agent', place: '#place' },
      },
    };
  }
});
