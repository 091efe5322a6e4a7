import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { NewerSchema } from '../../src/store/codec.ts';
import { ticketSubject } from '../../src/store/subject.ts';
import type { Delivery } from '../../src/telemetry/tracing/tracing.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { Hub } from '../../src/watch/hub.ts';
import { SubjectWatch } from '../../src/watch/watch-subject.ts';
import type { WatchShared } from '../../src/watch/watch-subject.ts';
import { Wheel } from '../../src/watch/wheel.ts';
import { isAway } from '../../src/http/transports/passing.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { World, presentOf } from './world.ts';
import type { Seen } from './world.ts';

const subject = ticketSubject('AAAAAAAAAAAAAAAAAAAAAA');

let world: World;
let shared: WatchShared;
let odd: string[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
  world = new World();
  odd = [];
  shared = {
    hub: new Hub(),
    wheel: new Wheel(100, { ...systemTime, now: () => world.now }),
    recheckMinMs: 20_000,
    recheckMaxMs: 40_000,
    awayMs: 1000,
    random: () => 0.5,
    isAway,
    onOdd: (what) => odd.push(what),
  };
});

afterEach(() => {
  expect(shared.hub.size).toBe(0);
  expect(shared.wheel.size).toBe(0);
  jest.useRealTimers();
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    world.now += 100;
    jest.advanceTimersByTime(100);
    await settle();
  }
}

function watch(after?: Cursor): SubjectWatch<Seen> {
  return new SubjectWatch(shared, presentOf(world), subject, after);
}

const anyone = (): void => undefined;

function deliveryOf(traceparent: string): Delivery & { readonly traceparent: string } {
  return { traceparent, told: anyone };
}

describe('the first reading', () => {
  test('of a subject that is not there', async () => {
    expect(await watch().first(anyone)).toBe('absent');
  });

  test('tells the state as it is, identified', async () => {
    const minted = world.move(subject, 'pending', '11');
    const one = watch();
    expect(await one.first(anyone)).toMatchObject({ cursor: minted, end: false, notice: { reset: false } });
    one.close();
  });

  test('tells nothing to who knows that very state', async () => {
    const minted = world.move(subject, 'pending', '11');
    const one = watch(minted);
    expect(await one.first(anyone)).toBe('unchanged');
    one.close();
  });

  test('tells the newest to who knows an older one', async () => {
    const minted = world.move(subject, 'pending', '11');
    world.move(subject, 'scanned', '22');
    const one = watch(minted);
    expect(await one.first(anyone)).toMatchObject({ notice: { status: 'scanned', reset: false } });
    one.close();
  });

  test.each<[string, Cursor]>([
    ['unknown', '1-99'],
    ['ahead', '7-11'],
    ['foreign', '2-4711'],
  ])('tells the whole state with reset to who names a cursor that is %s', async (_, cursor) => {
    world.move(subject, 'pending', '11');
    const one = watch(cursor);
    expect(await one.first(anyone)).toMatchObject({ notice: { status: 'pending', reset: true } });
    expect(odd).toEqual(['reset']);
    one.close();
  });

  test('of a final state is the end', async () => {
    const minted = world.move(subject, 'pending', '11');
    world.move(subject, 'denied', '22');
    expect(await watch(minted).first(anyone)).toMatchObject({ end: true, notice: { status: 'denied' } });
  });

  test('is the end for who names an event that ends, whatever happened since', async () => {
    world.move(subject, 'pending', '11');
    world.move(subject, 'scanned', '22');
    const confirmed = world.move(subject, 'confirmed', '33');
    const redeemed = world.move(subject, 'redeemed', '44');
    expect(await watch(confirmed).first(anyone)).toBe('ended');
    expect(await watch(redeemed).first(anyone)).toBe('ended');
  });

  test('throws what the store does, and what admit does, and leaves nothing', async () => {
    world.move(subject, 'pending', '11');
    await expect(
      watch().first(() => {
        throw new Error('not yours');
      }),
    ).rejects.toThrow('not yours');
    world.down = true;
    await expect(watch().first(anyone)).rejects.toThrow();
  });
});

describe('a watch', () => {
  test('reads once for a start, and then only when there is reason', async () => {
    world.move(subject, 'pending', '11', 1_000_000);
    const one = watch();
    await one.first(anyone);
    expect(world.readCount).toBe(1);
    const next = one.next();
    await settle();
    await pass(19_000);
    expect(world.readCount).toBe(1);
    await pass(12_000);
    expect(world.readCount).toBe(2);
    one.close();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  test('sees a move that happens while it reads', async () => {
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    world.patient = true;
    const next = one.next();
    world.move(subject, 'scanned', '22');
    shared.hub.wake(subject);
    await settle();
    world.move(subject, 'confirmed', '33');
    shared.hub.wake(subject);
    world.reads.shift()!.answer('early');
    expect((await next).value).toMatchObject({ notice: { status: 'scanned' } });
    const after = one.next();
    await settle();
    world.reads.shift()!.answer('late');
    expect((await after).value).toMatchObject({ notice: { status: 'confirmed' }, end: true });
    expect(await one.next()).toEqual({ value: undefined, done: true });
  });

  test('finds at the recheck what no wake-up told, and says so', async () => {
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    await settle();
    world.move(subject, 'scanned', '22');
    await pass(31_000);
    expect((await next).value).toMatchObject({ notice: { status: 'scanned' } });
    expect(odd).toEqual(['missed']);
    one.close();
  });

  test('looks at the deadline itself', async () => {
    world.move(subject, 'pending', '11', 5000);
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    await settle();
    world.move(subject, 'expired', '22');
    await pass(5200);
    expect((await next).value).toMatchObject({ notice: { status: 'expired' }, end: true });
  });

  test('asks again while the store is away', async () => {
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    world.down = true;
    shared.hub.wake(subject);
    await settle();
    expect(odd).toEqual(['away']);
    await pass(5000);
    expect(odd.length).toBeGreaterThan(2);
    world.down = false;
    world.move(subject, 'scanned', '22');
    await pass(2000);
    expect((await next).value).toMatchObject({ notice: { status: 'scanned' } });
    one.close();
  });

  test('a move that is named while the store is away is told by that name, and with how late', async () => {
    const late: number[] = [];
    shared = { ...shared, onTold: (lagMs) => late.push(lagMs), tracing: { deliver: deliveryOf } };
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    world.move(subject, 'scanned', '22');
    world.down = true;
    shared.hub.wake(subject, 'scan');
    await pass(3000);
    world.down = false;
    await pass(2000);
    expect((await next).value).toMatchObject({ delivery: deliveryOf('scan') });
    expect(late).toHaveLength(1);
    expect(late[0]).toBeGreaterThanOrEqual(3000);
    expect(odd).not.toContain('missed');
    one.close();
  });

  test('a move that is named while it is read is told by that name', async () => {
    shared = { ...shared, tracing: { deliver: deliveryOf } };
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    world.patient = true;
    shared.hub.wake(subject);
    await settle();
    world.move(subject, 'confirmed', '22');
    shared.hub.wake(subject, 'confirm');
    world.reads.shift()?.answer('late');
    expect((await next).value).toMatchObject({ end: true, delivery: deliveryOf('confirm') });
  });

  test('ends with a throw where this node cannot read on', async () => {
    world.move(subject, 'pending', '11');
    const present = presentOf(world);
    const one = new SubjectWatch(
      shared,
      {
        ...present,
        told: (view, reset) => {
          if (view.head.status === 'scanned') throw new NewerSchema('head');
          return present.told(view, reset);
        },
      },
      subject,
      undefined,
    );
    await one.first(anyone);
    const next = one.next();
    world.move(subject, 'scanned', '22');
    shared.hub.wake(subject);
    await expect(next).rejects.toBeInstanceOf(NewerSchema);
  });

  test('ends with reset when the subject is gone', async () => {
    world.move(subject, 'pending', '11');
    const one = watch();
    await one.first(anyone);
    const next = one.next();
    world.heads.delete(subject);
    shared.hub.wake(subject);
    expect((await next).value).toMatchObject({ notice: { status: 'expired', reset: true }, end: true });
  });

  test('that is closed while it reads ends, and leaves nothing', async () => {
    world.move(subject, 'pending', '11');
    world.patient = true;
    const one = watch();
    const first = one.first(anyone);
    one.close();
    world.reads.shift()!.answer('late');
    await first;
    expect(await one.next()).toEqual({ value: undefined, done: true });
  });
});
