import { describe, expect, test } from '@jest/globals';
import { assert, property, record, string } from 'fast-check';
import { NewerSchema, SCHEMAS, decodeEvent, encodeEvent } from '../../src/store/codec.ts';
import type { SchemaTable } from '../../src/store/codec.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import { RUN, SEED } from '../ticket/arbitrary.ts';

/**
 * A made-up past of `scanned`: schema 1 had one text `who` and no phone, schema 2 split the user, schema 3, which is
 * today's, moved the phone's address into an object.
 */
const TABLE: SchemaTable = {
  ...SCHEMAS,
  scanned: {
    schema: 3,
    upcasts: [
      ({ who }) => {
        const [source, issuer, subject] = String(who).split('|');
        return { user: { source, issuer, subject }, ip: 'unknown' };
      },
      ({ ip, ...rest }) => ({ ...rest, phone: { ip, agent: '' } }),
    ],
  },
};

const word = string({ unit: 'grapheme-ascii' }).map((text) => text.replaceAll('|', ''));
const anyUser = record({ source: word, issuer: word, subject: word });

describe(`An event of an older schema (seed ${SEED})`, () => {
  test('reads as if today’s release had written it', () => {
    assert(
      property(anyUser, (user) => {
        const today: TicketEvent = {
          type: 'scanned',
          data: { user, phone: { ip: 'unknown', agent: '' } },
        };
        const who = `${user.source}|${user.issuer}|${user.subject}`;
        const olds = [
          { type: 'scanned', schema: 1, data: JSON.stringify({ who }) },
          { type: 'scanned', schema: 2, data: JSON.stringify({ user, ip: 'unknown' }) },
          encodeEvent(today, TABLE),
        ];
        for (const old of olds) expect(decodeEvent(old, TABLE)).toEqual(today);
      }),
      RUN,
    );
  });

  test('is lifted from where it is, step by step', () => {
    const steps: number[] = [];
    const step = (n: number) => (data: Record<string, unknown>) => {
      steps.push(n);
      return data;
    };
    const table = { ...SCHEMAS, denied: { schema: 4, upcasts: [step(1), step(2), step(3)] } };
    decodeEvent({ type: 'denied', schema: 2, data: '{}' }, table);
    expect(steps).toEqual([2, 3]);
  });

  test('is written under its new number, and a release that knows only the old one leaves it alone', () => {
    const stored = encodeEvent(
      { type: 'confirmed', data: {} },
      { ...SCHEMAS, confirmed: { schema: 2, upcasts: [(d) => d] } },
    );
    expect(stored.schema).toBe(2);
    expect(() => decodeEvent(stored)).toThrow(NewerSchema);
  });
});
