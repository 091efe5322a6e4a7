import { expect, test } from '@jest/globals';
import { makeBackoff } from '../../src/web/client/backoff.ts';
import { makeCountdown } from '../../src/web/client/countdown.ts';
import { clockText } from '../../src/web/client/clock-text.ts';
import { SILENCE_MS, startWatchdog } from '../../src/web/client/watchdog.ts';
import { createVirtualClock } from './virtual-clock.ts';

test('a countdown follows the clock it was given, is set anew, and stops at 0', () => {
  const clock = createVirtualClock();
  const countdown = makeCountdown(clock);
  expect(countdown.leftMs()).toBe(0);
  countdown.set(5000);
  clock.pass(1500);
  expect(countdown.leftMs()).toBe(3500);
  countdown.set(90000);
  expect(countdown.leftMs()).toBe(90000);
  clock.pass(100000);
  expect(countdown.leftMs()).toBe(0);
});

test('time left reads as minutes and seconds, a started second counting whole', () => {
  expect([0, 1, 1000, 59001, 65000, 600000].map(clockText)).toEqual([
    '0:00',
    '0:01',
    '0:01',
    '1:00',
    '1:05',
    '10:00',
  ]);
});

test('the watchdog barks after 2.5 heartbeats of silence, and again, but not while it hears', () => {
  const clock = createVirtualClock();
  let barks = 0;
  const watchdog = startWatchdog(clock, SILENCE_MS, () => (barks += 1));
  clock.pass(30000);
  watchdog.touch();
  clock.pass(37499);
  expect(barks).toBe(0);
  clock.pass(1);
  expect(barks).toBe(1);
  clock.pass(37500);
  expect(barks).toBe(2);
  watchdog.allow(15000);
  clock.pass(15000);
  expect(barks).toBe(3);
  watchdog.stop();
  clock.pass(1000000);
  expect([barks, clock.waiting()]).toEqual([3, 0]);
});

test('waits grow with full jitter, keep the floor the server asked for, and start over', () => {
  const backoff = makeBackoff(() => 0.999);
  const waits = Array.from({ length: 8 }, () => backoff.nextMs());
  expect(waits.slice(0, 3)).toEqual([500, 999, 1998]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10000);
  expect(backoff.nextMs(7000)).toBeGreaterThanOrEqual(7000);
  backoff.reset();
  expect(backoff.nextMs()).toBe(500);
});
