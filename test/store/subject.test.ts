import { describe, expect, test } from '@jest/globals';
import { assert, integer, property, string } from 'fast-check';
import {
  canarySubject,
  idOf,
  isSubject,
  kindOf,
  partitionOf,
  sessionSubject,
  ticketSubject,
} from '../../src/store/subject.ts';
import { freshId, freshTicket, seeded } from '../contract/appends.ts';
import { RUN, SEED } from '../ticket/arbitrary.ts';

const base64url = string({
  unit: integer({ min: 0, max: 63 }).map((i) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt(i),
  ),
  minLength: 2,
  maxLength: 128,
});

describe(`A subject (seed ${SEED})`, () => {
  test('is a kind and an id, which come back', () => {
    assert(
      property(base64url, (id) => {
        for (const [subject, kind] of [
          [ticketSubject(id), 'ticket'],
          [sessionSubject(id), 'session'],
          [canarySubject(id), 'canary'],
        ] as const) {
          expect(isSubject(subject)).toBe(true);
          expect([kindOf(subject), idOf(subject)]).toEqual([kind, id]);
        }
      }),
      RUN,
    );
  });

  test('shares its partition with all that begin like it, of any number of partitions', () => {
    assert(
      property(base64url, base64url, integer({ min: 1, max: 4096 }), (one, other, partitions) => {
        const partition = partitionOf(ticketSubject(one), partitions);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(partitions);
        expect(partitionOf(sessionSubject(one.slice(0, 2) + other), partitions)).toBe(partition);
      }),
      RUN,
    );
  });

  test.each([16, 64])('is spread evenly over %i partitions', (partitions) => {
    const random = seeded(7);
    const counts = Array.from({ length: partitions }, () => 0);
    for (let i = 0; i < 64_000; i += 1) counts[partitionOf(freshTicket(random), partitions)]! += 1;
    for (const count of counts)
      expect(Math.abs(count - 64_000 / partitions)).toBeLessThan(0.2 * (64_000 / partitions));
  });

  test('keeps its partition for good: the number is part of the data format', () => {
    expect(partitionOf('ticket:AAxx', 16)).toBe(0);
    expect(partitionOf('ticket:AQxx', 64)).toBe(16);
    expect(partitionOf('session:B_xx', 4096)).toBe(127);
    expect(partitionOf('canary:__xx', 16)).toBe(15);
  });

  test.each([
    '',
    'ticket',
    'ticket:',
    'ticket:a',
    'ticket:a b',
    'ticket:a"b',
    'ticket:ab\n',
    'Ticket:ab',
    'user:ab',
    ' ticket:ab',
    'ticket:a:b',
    'ticket:{ab}',
    'ticket:李李',
    `ticket:${freshId(seeded(1)).repeat(6)}`,
  ])('is not %j', (text) => {
    expect(isSubject(text)).toBe(false);
  });
});
