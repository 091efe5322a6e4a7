import { beforeEach, describe, expect, test } from '@jest/globals';
import { Wheel } from '../../src/watch/wheel.ts';
import type { Due } from '../../src/watch/wheel.ts';
import { seeded } from '../support/random.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let time: VirtualTime;
let wheel: Wheel;

beforeEach(() => {
  time = new VirtualTime(12_345);
  wheel = new Wheel(50, time);
});

function bell(log: string[], name: string): Due {
  return { due: () => log.push(`${name} ${time.now()}`) };
}

describe('the wheel', () => {
  test(
    'calls each entry once, never early and at most two ticks late',
    seeded((random) => {
      const rung = new Map<number, number>();
      const wished = new Map<number, number>();
      for (let id = 0; id < 500; id += 1) {
        const ms = random.between(0, 3000);
        wished.set(id, time.now() + ms);
        wheel.after(ms, { due: () => rung.set(id, time.now()) });
      }
      expect(wheel.size).toBe(500);
      time.pass(3200);
      expect(rung.size).toBe(500);
      for (const [id, at] of rung) {
        const late = at - wished.get(id)!;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(100);
      }
      expect(wheel.size).toBe(0);
      expect(time.waiting).toBe(0);
    }),
  );

  test(
    'obeys the last of many wishes, whether it is an earlier or a later one',
    seeded((random) => {
      const wished = new Map<number, number>();
      const rung: number[] = [];
      const entries = Array.from({ length: 40 }, (_, id) => ({
        due() {
          const late = time.now() - (wished.get(id) ?? Number.POSITIVE_INFINITY);
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(100);
          wished.delete(id);
          rung.push(id);
        },
      }));
      for (let step = 0; step < 2000; step += 1) {
        const id = random.between(0, entries.length - 1);
        if (random.between(0, 3) === 0) {
          wheel.cancel(entries[id]!);
          wished.delete(id);
        } else {
          const ms = random.between(0, 1500);
          wished.set(id, time.now() + ms);
          wheel.after(ms, entries[id]!);
        }
        expect(wheel.size).toBe(wished.size);
        time.pass(random.between(0, 60));
      }
      time.pass(1700);
      expect(rung.length).toBeGreaterThan(entries.length);
      expect(wished.size).toBe(0);
      expect(wheel.size).toBe(0);
    }),
  );

  test('has no timer while nothing waits, and one however much waits', () => {
    expect(time.waiting).toBe(0);
    const entries = Array.from({ length: 1000 }, () => ({ due: () => undefined }));
    for (const [index, entry] of entries.entries()) wheel.after(index, entry);
    expect(time.waiting).toBe(1);
    for (const entry of entries) wheel.cancel(entry);
    time.pass(100);
    expect(time.waiting).toBe(0);
  });

  test('forgets what was cancelled and obeys the last wish only', () => {
    const log: string[] = [];
    const cancelled = bell(log, 'cancelled');
    const moved = bell(log, 'moved');
    wheel.after(100, cancelled);
    wheel.after(100, moved);
    wheel.after(1000, moved);
    wheel.cancel(cancelled);
    wheel.cancel(cancelled);
    time.pass(500);
    expect(log).toEqual([]);
    time.pass(700);
    expect(log).toHaveLength(1);
  });

  test('an entry that comes due may cancel or move its neighbours of the same tick', () => {
    const log: string[] = [];
    const second = bell(log, 'second');
    const third = bell(log, 'third');
    wheel.after(100, {
      due() {
        log.push('first');
        wheel.cancel(second);
        wheel.after(500, third);
      },
    });
    wheel.after(100, second);
    wheel.after(100, third);
    time.pass(300);
    expect(log).toEqual(['first']);
    time.pass(500);
    expect(log).toHaveLength(2);
    expect(log[1]).toMatch(/^third/);
  });

  test('catches up after the process stood still', () => {
    const log: string[] = [];
    wheel.after(100, bell(log, 'one'));
    wheel.after(60_000, bell(log, 'two'));
    wheel.after(400_000, bell(log, 'three'));
    time.standStill(300_000);
    time.pass(50);
    expect(log.map((line) => line.split(' ')[0])).toEqual(['one', 'two']);
  });
});
