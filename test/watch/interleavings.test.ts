import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { setImmediate as settle } from 'node:timers/promises';
import { ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { versionOf } from '../../src/ticket/cursor.ts';
import { openFeed } from '../../src/watch/feed.ts';
import { Hub } from '../../src/watch/hub.ts';
import { SubjectWatch } from '../../src/watch/watch-subject.ts';
import type { WatchShared } from '../../src/watch/watch-subject.ts';
import { Wheel } from '../../src/watch/wheel.ts';
import { isAway } from '../../src/http/transports/passing.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { rounds, seeded } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { World, presentOf } from './world.ts';
import type { Seen } from './world.ts';

/** Time passes in steps of this; the recheck comes after one to two of them. */
const TICK_MS = 10_000;
const STEPS_MAX = 30;
const LIFE_MS = 1_000_000;
const PATHS = [
  ['pending', 'scanned', 'confirmed', 'redeemed'],
  ['pending', 'scanned', 'denied'],
  ['pending', 'expired'],
];

beforeAll(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
});
afterAll(() => {
  jest.useRealTimers();
});

/** Someone who watches: what it was told, and whether it is still there. */
class Observer {
  readonly told: Seen[] = [];
  readonly watch: SubjectWatch<Seen>;
  state: 'watching' | 'over' | 'refused' = 'watching';
  left = false;
  readonly after: Cursor | undefined;
  readonly subject: Subject;

  constructor(shared: WatchShared, world: World, subject: Subject, after: Cursor | undefined) {
    this.subject = subject;
    this.after = after;
    this.watch = new SubjectWatch(shared, presentOf(world), subject, after);
    void this.#run();
  }

  leave(): void {
    this.left = true;
    this.watch.close();
  }

  async #run(): Promise<void> {
    try {
      const first = await this.watch.first(() => undefined);
      if (this.left) return;
      if (typeof first === 'object') this.told.push(first.notice);
      for await (const { notice } of this.watch) if (!this.left) this.told.push(notice);
      this.state = 'over';
    } catch {
      this.state = 'refused';
    }
  }
}

/** One small world: subjects that move, observers that come and go, wake-ups late or lost, reads early, late or failed. */
class Round {
  readonly world = new World();
  readonly shared: WatchShared;
  readonly observers: Observer[] = [];
  readonly ids = new Map<Subject, Set<Cursor>>();
  readonly rewritten = new Set<Subject>();
  readonly paths = new Map<Subject, string[]>();
  readonly random: Random;
  lost = false;

  constructor(random: Random) {
    this.random = random;
    this.world.patient = true;
    this.shared = {
      hub: new Hub(),
      wheel: new Wheel(TICK_MS, { ...systemTime, now: () => this.world.now }),
      recheckMinMs: TICK_MS,
      recheckMaxMs: 2 * TICK_MS,
      awayMs: TICK_MS / 10,
      random: () => random.next(),
      isAway,
    };
    for (let index = 0; index < random.between(1, 2); index += 1) {
      const subject = ticketSubject(`${index}`.repeat(22));
      this.paths.set(subject, [...random.pick(PATHS)]);
      this.ids.set(subject, new Set());
      this.move(subject);
    }
  }

  nonce(): string {
    return String(this.random.between(1, 1_000_000_000));
  }

  move(subject: Subject): void {
    const status = this.paths.get(subject)!.shift();
    if (status !== undefined)
      this.ids.get(subject)!.add(this.world.move(subject, status, this.nonce(), LIFE_MS));
  }

  subscribe(subject: Subject): void {
    const known = [...this.ids.get(subject)!];
    const after = this.random.chance(0.5)
      ? undefined
      : this.random.chance(0.2)
        ? (`${this.random.between(1, 6)}-${this.nonce()}` satisfies Cursor)
        : this.random.pick(known);
    this.observers.push(new Observer(this.shared, this.world, subject, after));
  }

  rewrite(subject: Subject): void {
    const head = this.world.heads.get(subject)!;
    if (head.final || head.version < 2) return;
    this.rewritten.add(subject);
    this.ids.get(subject)!.add(this.world.rewrite(subject, head.status, this.nonce()));
  }

  async step(): Promise<void> {
    const { random, world } = this;
    const subject = random.pick([...this.paths.keys()]);
    const action = random.next();
    if (action < 0.25) this.move(subject);
    else if (action < 0.45) this.subscribe(subject);
    else if (action < 0.5) random.pick([...this.observers, undefined])?.leave();
    else if (action < 0.68) world.passWakes(random.between(1, 2));
    else if (action < 0.72 && world.wakes.length > 0) {
      world.wakes.shift();
      this.lost = true;
    } else if (action < 0.75) this.rewrite(subject);
    else if (world.reads.length > 0) {
      const [read] = world.reads.splice(random.between(0, world.reads.length - 1), 1);
      if (random.chance(0.1)) {
        read!.fail();
        this.lost = true;
      } else read!.answer(random.chance(0.5) ? 'early' : 'late');
    }
    if (random.chance(0.5)) await settle();
  }

  /** Everything that is under way arrives; with `time`, so does everything that waits for its time. */
  async rest(time: boolean): Promise<void> {
    for (let round = 0; round < (time ? 6 : 1); round += 1) {
      if (time) {
        this.world.now += TICK_MS;
        jest.advanceTimersByTime(TICK_MS);
      }
      do {
        this.world.passWakes();
        await settle();
        for (const read of this.world.reads.splice(0)) read.answer('late');
        await settle();
      } while (this.world.reads.length + this.world.wakes.length > 0);
    }
  }

  check(): void {
    for (const one of this.observers) {
      const head = this.world.heads.get(one.subject)!;
      const last = head.moments.at(-1)!.id;
      let before = one.after;
      for (const { cursor, reset } of one.told) {
        expect(this.ids.get(one.subject)).toContain(cursor);
        expect(cursor).not.toBe(before);
        if (before !== undefined && !reset) expect(versionOf(cursor)).toBeGreaterThan(versionOf(before));
        before = cursor;
      }
      expect(new Set(one.told.map((seen) => seen.cursor)).size).toBe(one.told.length);
      if (
        !this.rewritten.has(one.subject) &&
        (one.after === undefined || this.ids.get(one.subject)!.has(one.after))
      )
        expect(one.told.some((seen) => seen.reset)).toBe(false);
      if (one.left || one.state === 'refused') continue;
      const ended = one.told.some((seen) =>
        ['confirmed', 'redeemed', 'denied', 'expired'].includes(seen.status),
      );
      if (one.state === 'watching') expect(one.told.at(-1)?.cursor ?? one.after).toBe(last);
      else if (one.told.length > 0) expect(ended).toBe(true);
    }
    const watching = this.observers.filter((one) => !one.left && one.state === 'watching').length;
    expect(this.shared.hub.size).toBe(watching);
    expect(this.shared.wheel.size).toBe(watching);
  }
}

test(
  'no notice is lost, stuck, told twice or out of order, whatever interleaves',
  seeded(async (random) => {
    for (let index = 0; index < rounds(600, 20_000); index += 1) {
      const round = new Round(random.fork());
      const feed = openFeed(round.world, round.shared.hub, systemTime);
      for (let step = random.between(5, STEPS_MAX); step > 0; step -= 1) await round.step();
      await round.rest(false);
      if (!round.lost) round.check();
      await round.rest(true);
      round.check();
      for (const one of round.observers) one.leave();
      expect(round.shared.hub.size).toBe(0);
      expect(round.shared.wheel.size).toBe(0);
      await feed.close();
    }
  }),
  120_000,
);
