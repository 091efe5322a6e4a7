import { describe, expect, test } from '@jest/globals';
import { assert, integer, property, record } from 'fast-check';
import type { TicketEventType } from '../../src/ticket/events.ts';
import { lifeOf } from '../../src/ticket/life.ts';
import { RUN, SEED } from './arbitrary.ts';
import { MINTED } from './given.ts';

/** The deadline that a life makes, as its words say. */
function deadlineAfter(
  type: TicketEventType,
  at: number,
  first: number,
  old: number,
  lives = MINTED.lives,
): number {
  const { ms, extend = false, capMs = Infinity } = lifeOf(type, lives);
  return Math.min(extend ? Math.max(old, at + ms) : at + ms, first + capMs);
}

describe(`The deadline of a ticket (seed ${SEED})`, () => {
  test('is two minutes after its minting', () => {
    expect(deadlineAfter('minted', 1000, 1000, 0)).toBe(1000 + 120_000);
  });

  test('is not moved by an early scan', () => {
    expect(deadlineAfter('scanned', 10_000, 0, 120_000)).toBe(120_000);
  });

  test('is 90 s after a later scan, and never more than three minutes after the minting', () => {
    expect(deadlineAfter('scanned', 60_000, 0, 120_000)).toBe(150_000);
    expect(deadlineAfter('scanned', 119_000, 0, 120_000)).toBe(180_000);
  });

  test('is a minute after the confirmation, which may be earlier or later than before', () => {
    expect(deadlineAfter('confirmed', 20_000, 0, 120_000)).toBe(80_000);
    expect(deadlineAfter('confirmed', 179_000, 0, 180_000)).toBe(239_000);
  });

  test.each(['redeemed', 'denied', 'cancelled', 'expired'] as const)('needs nothing more once %s', (type) => {
    expect(lifeOf(type, MINTED.lives)).toEqual({ ms: 0 });
  });

  test('is never moved back by a scan, not even where the longest life is shorter than the first', () => {
    const ms = integer({ min: 1, max: 1_000_000 });
    const lives = record({ ticket_ms: ms, decision_ms: ms, max_ms: ms, code_ms: ms, qr_period_ms: ms });
    assert(
      property(lives, integer({ min: 0, max: 999 }), (some, permille) => {
        const minted = deadlineAfter('minted', 0, 0, 0, some);
        const at = Math.floor((minted * permille) / 1000);
        const scanned = deadlineAfter('scanned', at, 0, minted, some);
        expect(scanned).toBeGreaterThanOrEqual(minted);
        expect(scanned).toBeLessThanOrEqual(Math.max(some.max_ms, some.ticket_ms));
      }),
      RUN,
    );
  });
});
