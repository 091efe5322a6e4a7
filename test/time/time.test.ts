import { afterEach, expect, test } from '@jest/globals';
import { openSweeper } from '../../src/command/sweeper.ts';
import { Held } from '../../src/http/transports/held.ts';
import type { HeldConnection } from '../../src/http/transports/held.ts';
import { ticketSubject } from '../../src/store/subject.ts';
import { every, sleep, within } from '../../src/time/time.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { Canary } from '../../src/watch/canary.ts';
import { openFeed } from '../../src/watch/feed.ts';
import { Hub } from '../../src/watch/hub.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { World } from '../watch/world.ts';

const HOUR_MS = 3_600_000;
const startedAt = performance.now();

afterEach(() => {
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('who sleeps wakes in its time, or at once when it is called off, and leaves no timer', async () => {
  const time = new VirtualTime();
  const ending = new AbortController();
  const woken: string[] = [];
  void sleep(time, HOUR_MS).then(() => woken.push('in time'));
  void sleep(time, 2 * HOUR_MS, ending.signal).then(() => woken.push('called off'));
  await time.passSlowly(HOUR_MS - 1);
  expect(woken).toEqual([]);
  await time.passSlowly(1);
  expect(woken).toEqual(['in time']);
  ending.abort();
  await time.passSlowly(0);
  expect(woken).toEqual(['in time', 'called off']);
  expect(time.waiting).toBe(0);
  await sleep(time, HOUR_MS, ending.signal);
  expect(time.waiting).toBe(0);
});

test('what is called again and again ends when it is told to, from inside of a call too', async () => {
  const time = new VirtualTime();
  const called: number[] = [];
  const end = every(time, 100, () => {
    called.push(time.now());
    if (called.length === 3) end();
  });
  await time.passSlowly(1000);
  expect(called).toEqual([100, 200, 300]);
  expect(time.waiting).toBe(0);
});

test('a promise is waited for no longer than it may take, and leaves no timer', async () => {
  const time = new VirtualTime();
  const late = (): Error => new Error('too late');
  expect(await within(time, 100, Promise.resolve('kept'), late)).toBe('kept');
  expect(time.waiting).toBe(0);
  const never = within(time, 100, new Promise<never>(() => {}), late).catch((error: Error) => error.message);
  await time.passSlowly(99);
  expect(time.waiting).toBe(1);
  await time.passSlowly(1);
  expect(await never).toBe('too late');
});

test('the time of the machine calls once, and not what was taken back', async () => {
  const called: string[] = [];
  systemTime.after(1, () => called.push('kept'));
  const cancel = systemTime.after(1, () => called.push('taken back'));
  cancel();
  cancel();
  await sleep(systemTime, 30);
  expect(called).toEqual(['kept']);
  expect(Math.abs(systemTime.wallNow() - Date.now())).toBeLessThan(1000);
});

test('an hour of canaries and looks of a whole node passes at once', async () => {
  const time = new VirtualTime();
  const world = new World();
  const hub = new Hub();
  const feed = openFeed(world, hub, time);
  let ids = 0;
  let looks = 0;
  world.due = () => {
    looks += 1;
    return Promise.resolve([]);
  };
  const canary = new Canary({
    store: world,
    hub,
    makeId: () => `id${(ids += 1)}`,
    makeNonce: () => '7',
    periodMs: 5000,
    limitMs: 10_000,
    time,
  });
  const sweeper = openSweeper({
    store: world,
    expire: (head) => Promise.resolve(head),
    periodMs: 500,
    time,
    random: () => 0.5,
  });
  await canary.start();
  await time.passSlowly(HOUR_MS);
  expect(ids).toBe(1 + HOUR_MS / 5000);
  expect(looks).toBe(HOUR_MS / 500);
  expect(canary.ready).toBe(true);
  canary.close();
  await sweeper.close();
  await feed.close();
  expect(time.waiting).toBe(0);
});

test('a drain of minutes asks to leave, and cuts what stays', async () => {
  const time = new VirtualTime();
  const held = new Held({ perSubject: 1, perAddress: 1, total: 10 }, time);
  const heard: string[] = [];
  const stubborn: HeldConnection = {
    transport: 'sse',
    address: undefined,
    subject: ticketSubject('A'.repeat(22)),
    requestId: undefined,
    joined: false,
    leave: () => heard.push(`asked to leave at ${time.now()}`),
    cut: () => {
      heard.push(`cut at ${time.now()}`);
      held.release(stubborn);
    },
  };
  held.take(stubborn);
  const drained = held.drain({ waitMs: 60_000, windowMs: 0, maxMs: 120_000 });
  await time.passSlowly(120_000);
  await drained;
  expect(heard).toEqual(['asked to leave at 60000', 'cut at 119000']);
  expect(time.waiting).toBe(0);
});
