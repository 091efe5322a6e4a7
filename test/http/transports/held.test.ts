import { beforeEach, describe, expect, test } from '@jest/globals';
import { Held } from '../../../src/http/transports/held.ts';
import type { HeldConnection, HeldLimits } from '../../../src/http/transports/held.ts';
import { ticketSubject } from '../../../src/store/subject.ts';
import { seeded } from '../../support/random.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const ANY = ticketSubject('B'.repeat(22));

interface Dummy extends HeldConnection {
  left: number | undefined;
  isCut: boolean;
}

let time: VirtualTime;

beforeEach(() => {
  time = new VirtualTime();
});

function heldOf(limits: Partial<HeldLimits> = {}): Held {
  return new Held({ perSubject: 4, perAddress: 6, total: 40, ...limits }, time);
}

function dummy(held: Held, address?: string, leaves = true, subject = ANY): Dummy {
  const connection: Dummy = {
    transport: 'sse',
    address,
    subject,
    requestId: undefined,
    joined: false,
    left: undefined,
    isCut: false,
    leave() {
      connection.left = time.now();
      if (leaves) held.release(connection);
    },
    cut() {
      connection.isCut = true;
      held.release(connection);
    },
  };
  return connection;
}

describe('held connections', () => {
  test(
    'are counted right and bounded, whatever comes and goes',
    seeded((random) => {
      const held = heldOf();
      const here = new Set<Dummy>();
      for (let step = 0; step < 4000; step += 1) {
        if (random.chance(0.6)) {
          const address = random.chance(0.2) ? undefined : `10.0.0.${random.between(1, 8)}`;
          const subject = ticketSubject(`${random.between(1, 12)}`.padStart(22, 'A'));
          const connection = dummy(held, address, true, subject);
          const sharing = [...here].filter((other) => other.address === address).length;
          const beside = [...here].filter((other) => other.subject === subject).length;
          const taken = held.take(connection);
          const full =
            here.size >= 40 ? 'process' : address !== undefined && sharing >= 6 ? 'address' : undefined;
          expect(taken).toBe(full);
          if (taken !== undefined) continue;
          const joined = held.join(connection);
          expect(joined).toBe(beside >= 4 ? 'subject' : undefined);
          if (joined === undefined) here.add(connection);
          else held.release(connection);
        } else if (here.size > 0) {
          const gone = random.pick([...here]);
          here.delete(gone);
          held.release(gone);
          if (random.chance(0.2)) held.release(gone);
        }
        expect(held.size).toBe(here.size);
        expect(held.count('sse')).toBe(here.size);
      }
      for (const connection of here) held.release(connection);
      expect(held.countOf(ticketSubject('1'.padStart(22, 'A')))).toBe(0);
    }),
  );

  test('leave evenly over the window, after the wait', async () => {
    const held = heldOf({ total: 1000, perSubject: 1000 });
    const all = Array.from({ length: 400 }, () => dummy(held));
    for (const connection of all) held.take(connection);
    const drained = held.drain({ waitMs: 100, windowMs: 400, maxMs: 5000 });
    expect(held.closing).toBe(false);
    await time.passSlowly(99);
    expect([held.closing, held.size]).toEqual([false, 400]);
    await time.passSlowly(401);
    await drained;
    expect(held.closing).toBe(true);
    const left = all.map((connection) => connection.left!);
    for (const [index, at] of left.entries()) expect(Math.abs(at - (100 + index))).toBeLessThan(25);
    expect(all.some((connection) => connection.isCut)).toBe(false);
    expect(held.take(dummy(held))).toBe('draining');
  });

  test('are cut when they do not leave in time, and not before', async () => {
    const held = heldOf();
    const [polite, stubborn] = [dummy(held), dummy(held, undefined, false)];
    held.take(polite);
    held.take(stubborn);
    const drained = held.drain({ waitMs: 0, windowMs: 50, maxMs: 1300 });
    await time.passSlowly(290);
    expect([polite.left === undefined, stubborn.isCut]).toEqual([false, false]);
    await time.passSlowly(50);
    await drained;
    expect([polite.isCut, stubborn.isCut]).toEqual([false, true]);
  });

  test('that are none are not waited for', async () => {
    const drained = heldOf().drain({ waitMs: 0, windowMs: 5000, maxMs: 15_000 });
    await time.passSlowly(0);
    await drained;
    expect(time.waiting).toBe(0);
  });
});
