import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from '../../src/store/subject.ts';
import { startGateway } from '../http/transports/gateway.ts';
import type { Gateway, GatewayOptions } from '../http/transports/gateway.ts';
import { rounds } from '../support/random.ts';
import { until, within } from '../support/until.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import type { Seen } from '../watch/world.ts';

/** How one connection ended, in words that fit every transport. */
export type Ending =
  /** There is nothing more to watch. */
  | 'over'
  /** The server asked to come back, here or at another node. */
  | 'again'
  /** The request itself was wrong. */
  | 'bad'
  /** Unknown, or not the caller's. */
  | 'unknown';

/** A client that an independent library reads for. */
export interface Reader {
  readonly told: readonly Seen[];
  readonly ended: Promise<Ending>;
  /** Cuts the connection. */
  leave(): void;
}

/** How a transport is reached. One connection each: a reader does not come back by itself. */
export interface TransportUnderTest {
  readonly name: 'sse' | 'poll' | 'socket';
  readonly open: (gateway: Gateway, subject: Subject, after?: string) => Reader;
  /** As of the gateway; by default the transport's own way to hold. */
  readonly nodeKeeps?: boolean;
}

const STATES = ['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'];
const PATHS: Record<string, readonly string[]> = {
  pending: [],
  scanned: ['scanned'],
  confirmed: ['scanned', 'confirmed'],
  redeemed: ['scanned', 'confirmed', 'redeemed'],
  denied: ['scanned', 'denied'],
  cancelled: ['cancelled'],
  expired: ['expired'],
};
const SOON_MS = 30_000;

/** The promises that every way to wait keeps, over real sockets. */
export function transportContract({ name, open, nodeKeeps = false }: TransportUnderTest): void {
  describe(`${name} keeps the transports' promises${nodeKeeps ? ' as Node holds it' : ''}`, () => {
    let gateway: Gateway;

    async function begin(options: GatewayOptions = {}): Promise<void> {
      gateway = await startGateway({ nodeKeeps, ...options });
    }

    beforeEach(async () => begin());
    afterEach(async () => {
      await gateway.close();
      await until(() => gateway.isClean(), { what: 'the last trace of a connection going' });
      expect(gateway.log.filter((line) => /defect|thrown/.test(line))).toEqual([]);
    });

    async function restart(options: GatewayOptions): Promise<void> {
      await gateway.close();
      await begin(options);
    }

    async function told(reader: Reader, count: number): Promise<readonly Seen[]> {
      await until(() => reader.told.length >= count, {
        withinMs: SOON_MS,
        what: `notice ${count}`,
        everyMs: 2,
      });
      return reader.told;
    }

    function ending(reader: Reader): Promise<Ending> {
      return within(reader.ended, SOON_MS, 'the end');
    }

    async function isHeld(count = 1): Promise<void> {
      await until(() => gateway.shared.held.count(name) === count, { what: `${count} held` });
    }

    test.each(STATES)('a late subscriber is told at once that it is %s', async (status) => {
      const subject = gateway.mint();
      for (const next of PATHS[status]!) gateway.move(subject, next);
      const reader = open(gateway, subject);
      expect(await told(reader, 1)).toMatchObject([{ subject, status, reset: false }]);
      if (status === 'pending' || status === 'scanned') reader.leave();
      else expect(await ending(reader)).toBe('over');
      expect(reader.told).toHaveLength(1);
    });

    test('a cursor that names the end is the end, whatever happened since', async () => {
      const subject = gateway.mint();
      gateway.move(subject, 'scanned');
      const confirmed = gateway.move(subject, 'confirmed');
      for (const cursor of [confirmed, gateway.move(subject, 'redeemed')]) {
        const reader = open(gateway, subject, cursor);
        expect(await ending(reader)).toBe('over');
        expect(reader.told).toEqual([]);
      }
    });

    test('who knows the state is told the next one when it comes, and the end', async () => {
      const subject = gateway.mint();
      const minted = gateway.world.heads.get(subject)!.moments[0]!.id;
      const reader = open(gateway, subject, minted);
      await isHeld();
      await sleep(30);
      expect(reader.told).toEqual([]);
      gateway.move(subject, 'denied');
      expect(await told(reader, 1)).toMatchObject([{ status: 'denied', reset: false }]);
      expect(await ending(reader)).toBe('over');
    });

    test('a whole sign-in is told in order, none twice', async () => {
      const subject = gateway.mint();
      const statuses: string[] = [];
      let cursor: string | undefined;
      for (const next of ['scanned', 'confirmed', undefined]) {
        const reader = open(gateway, subject, cursor);
        const [first] = await told(reader, 1);
        statuses.push(first!.status);
        cursor = first!.cursor;
        if (next !== undefined) gateway.move(subject, next);
        reader.leave();
      }
      expect(statuses).toEqual(['pending', 'scanned', 'confirmed']);
    });

    test('who knows an older state is told the newest, without reset', async () => {
      const subject = gateway.mint();
      const minted = gateway.world.heads.get(subject)!.moments[0]!.id;
      gateway.move(subject, 'scanned');
      const reader = open(gateway, subject, minted);
      expect(await told(reader, 1)).toMatchObject([{ status: 'scanned', reset: false }]);
      reader.leave();
    });

    test.each([
      ['unknown', '1-99'],
      ['ahead', '9-1001'],
      ['of another ticket', 'foreign'],
    ])('a cursor that is %s is answered by the whole state, with reset', async (_, given) => {
      const subject = gateway.mint();
      const other = gateway.mint();
      const after = given === 'foreign' ? gateway.move(other, 'scanned') : given;
      const reader = open(gateway, subject, after);
      expect(await told(reader, 1)).toMatchObject([{ subject, status: 'pending', reset: true }]);
      reader.leave();
    });

    test.each([
      'x',
      '0-1',
      '1-',
      '-1-1',
      '1-1\n',
      '1 1',
      "1-1'",
      '1'.repeat(41),
      '1-１',
      '99999999999-1',
      '',
    ])('a malformed cursor (%j) is a bad request', async (after) => {
      const reader = open(gateway, gateway.mint(), after);
      expect(await ending(reader)).toBe('bad');
      expect(reader.told).toEqual([]);
    });

    test('a lost past is told with reset', async () => {
      const subject = gateway.mint();
      const lost = gateway.move(subject, 'scanned');
      const reader = open(gateway, subject, lost);
      await isHeld();
      gateway.world.rewrite(subject, 'scanned', '77');
      gateway.world.passWakes();
      expect(await told(reader, 1)).toMatchObject([{ cursor: '2-77', reset: true }]);
      reader.leave();
    });

    test('an unknown ticket is not found', async () => {
      expect(await ending(open(gateway, 'ticket:AAAAAAAAAAAAAAAAAAAAAA'))).toBe('unknown');
    });

    test('a store that is away at first asks to come back', async () => {
      const subject = gateway.mint();
      gateway.world.down = true;
      expect(await ending(open(gateway, subject))).toBe('again');
    });

    test('a store that goes away in between loses nothing', async () => {
      const subject = gateway.mint();
      const reader = open(gateway, subject, gateway.world.heads.get(subject)!.moments[0]!.id);
      await isHeld();
      // A socket is held before its secret came: only then is there a first reading.
      await until(() => gateway.shared.watch.hub.size === 1 && gateway.world.readCount > 0);
      await sleep(50);
      gateway.world.down = true;
      gateway.shared.watch.hub.wake(subject);
      await sleep(100);
      gateway.world.down = false;
      gateway.world.patient = true;
      gateway.move(subject, 'scanned');
      gateway.world.patient = false;
      expect(await told(reader, 1)).toMatchObject([{ status: 'scanned' }]);
      reader.leave();
    });

    test('a client that leaves while it waits leaves nothing behind', async () => {
      const subject = gateway.mint();
      const reader = open(gateway, subject, gateway.world.heads.get(subject)!.moments[0]!.id);
      await isHeld();
      reader.leave();
      await until(() => gateway.isClean());
    });

    test('clients that leave before the first await leave nothing behind', async () => {
      await restart({ limits: { perSubject: 100_000, total: 100_000 } });
      const subject = gateway.mint();
      const total = rounds(300, 10_000);
      for (let left = 0; left < total; left += 100) {
        gateway.world.patient = true;
        const readers = Array.from({ length: 100 }, () => open(gateway, subject));
        await until(() => gateway.world.reads.length === 100, { everyMs: 1 });
        expect(gateway.shared.watch.hub.size).toBe(100);
        for (const reader of readers) reader.leave();
        await until(() => gateway.shared.held.size === 0, { everyMs: 1 });
        expect(gateway.shared.watch.hub.size).toBe(0);
        gateway.world.patient = false;
        for (const read of gateway.world.reads.splice(0)) read.answer('late');
      }
      expect(gateway.isClean()).toBe(true);
      const connections = await new Promise((resolve) =>
        gateway.server.getConnections((_error, count) => resolve(count)),
      );
      expect(connections).toBeLessThan(100);
    });

    test('one more than the bound per ticket is asked to come back, and the others stay', async () => {
      await restart({ limits: { perSubject: 3 } });
      const subject = gateway.mint();
      const cursor = gateway.world.heads.get(subject)!.moments[0]!.id;
      const readers = [1, 2, 3].map(() => open(gateway, subject, cursor));
      await isHeld(3);
      expect(await ending(open(gateway, subject, cursor))).toBe('again');
      expect(gateway.shared.held.countOf(subject)).toBe(3);
      const other = open(gateway, gateway.mint());
      await told(other, 1);
      gateway.move(subject, 'denied');
      for (const reader of readers) expect(await told(reader, 1)).toMatchObject([{ status: 'denied' }]);
      other.leave();
      await until(() => gateway.shared.held.countOf(subject) === 0);
    });

    test('one more than the bound of the process is asked to come back', async () => {
      await restart({ limits: { total: 2 } });
      const [one, two, three] = [gateway.mint(), gateway.mint(), gateway.mint()];
      const cursorOf = (subject: Subject): string => gateway.world.heads.get(subject)!.moments[0]!.id;
      const readers = [open(gateway, one, cursorOf(one)), open(gateway, two, cursorOf(two))];
      await isHeld(2);
      expect(await ending(open(gateway, three))).toBe('again');
      for (const reader of readers) reader.leave();
      await until(() => gateway.isClean());
      const again = open(gateway, three);
      await told(again, 1);
      again.leave();
    });

    test('twenty that wait are told at once', async () => {
      const subjects = Array.from({ length: 20 }, () => gateway.mint());
      const readers = subjects.map((subject) =>
        open(gateway, subject, gateway.world.heads.get(subject)!.moments[0]!.id),
      );
      await isHeld(20);
      for (const subject of subjects) gateway.move(subject, 'confirmed');
      for (const reader of readers) expect(await told(reader, 1)).toMatchObject([{ status: 'confirmed' }]);
    });

    test('a node that goes serves on, then asks all to come back, spread over the window', async () => {
      const time = new VirtualTime();
      await restart({ goingTime: time });
      const endings: Ending[] = [];
      for (let count = 0; count < 20; count += 1) {
        const subject = gateway.mint();
        const reader = open(gateway, subject, gateway.world.heads.get(subject)!.moments[0]!.id);
        void reader.ended.then((how) => endings.push(how));
      }
      await isHeld(20);
      const times = { waitMs: 500, windowMs: 600, maxMs: 3000 };
      const drained = gateway.shared.held.drain(times);
      expect(gateway.shared.held.drain({ ...times, waitMs: 9000 })).toBe(drained);
      await time.passSlowly(times.waitMs - 1);
      const late = open(gateway, gateway.mint());
      await told(late, 1);
      late.leave();
      await isHeld(20);
      expect(endings).toEqual([]);
      for (const half of [1, 2]) {
        await time.passSlowly(times.windowMs / 2 + 1);
        await until(() => endings.length === half * 10, { what: `${half * 10} that were asked to leave` });
        await isHeld(20 - half * 10);
      }
      await time.passSlowly(20);
      await drained;
      expect(endings).toEqual(endings.map(() => 'again'));
      expect(gateway.isClean()).toBe(true);
      const after = open(gateway, gateway.mint());
      expect(await ending(after)).toBe('again');
    });

    test('a node that goes is gone in time, whatever its clients do', async () => {
      const subject = gateway.mint();
      gateway.world.patient = true;
      open(gateway, subject);
      await until(() => gateway.world.reads.length === 1);
      await gateway.shared.held.drain({ waitMs: 0, windowMs: 50, maxMs: 1200 });
      await until(() => gateway.shared.held.size === 0);
      gateway.world.patient = false;
      for (const read of gateway.world.reads.splice(0)) read.answer('late');
    });

    test('a state that this node cannot read sends the client elsewhere', async () => {
      const { NewerSchema } = await import('../../src/store/codec.ts');
      await restart({
        present: (present) => ({
          ...present,
          told: (view, reset) => {
            if (view.head.status === 'scanned') throw new NewerSchema('head of schema 2');
            return present.told(view, reset);
          },
        }),
      });
      const subject = gateway.mint();
      const reader = open(gateway, subject, gateway.world.heads.get(subject)!.moments[0]!.id);
      await isHeld();
      gateway.move(subject, 'scanned');
      expect(await ending(reader)).toBe('again');
      expect(await ending(open(gateway, subject))).toBe('again');
    });
  });
}
