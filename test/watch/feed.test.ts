import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import { canarySubject, ticketSubject } from '../../src/store/subject.ts';
import type { Subject } from '../../src/store/subject.ts';
import { Canary } from '../../src/watch/canary.ts';
import { openFeed } from '../../src/watch/feed.ts';
import type { Feed } from '../../src/watch/feed.ts';
import { Hub } from '../../src/watch/hub.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { until } from '../support/until.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { World } from './world.ts';

let world: World;
let hub: Hub;
let feed: Feed | undefined;

beforeEach(() => {
  world = new World();
  hub = new Hub();
});
afterEach(async () => {
  await feed?.close();
});

function counting(subject: Subject): { woken: number; wake(): void } {
  const watcher = {
    woken: 0,
    wake() {
      watcher.woken += 1;
    },
  };
  hub.add(subject, watcher);
  return watcher;
}

describe('the feed', () => {
  test('wakes who waits for what moved', async () => {
    const one = counting(ticketSubject('AAAAAAAAAAAAAAAAAAAAAA'));
    const other = counting(ticketSubject('BBBBBBBBBBBBBBBBBBBBBB'));
    const woke: number[] = [];
    feed = openFeed(world, hub, systemTime, { woke: (subjects) => woke.push(subjects) });
    await feed.ready;
    world.move(ticketSubject('AAAAAAAAAAAAAAAAAAAAAA'), 'pending', '1');
    await until(() => one.woken === 1);
    expect(other.woken).toBe(0);
    expect(woke).toEqual([1]);
  });

  test('wakes everyone, a slice at a time, when anything may have moved', async () => {
    const watchers = Array.from({ length: 1200 }, (_, index) => counting(canarySubject(`c${index}`)));
    feed = openFeed(world, hub, systemTime);
    await feed.ready;
    world.wakes.push({ kind: 'all' });
    world.passWakes();
    await until(() => watchers[0]!.woken === 1, { everyMs: 1 });
    expect(watchers.filter((watcher) => watcher.woken > 0).length).toBeLessThan(1200);
    await until(() => watchers.every((watcher) => watcher.woken === 1));
  });

  test('that breaks is taken up again, and then everyone looks', async () => {
    let broken = false;
    const store: Pick<EventStore, 'feed'> = {
      feed: (options) => {
        if (broken) return world.feed(options);
        broken = true;
        throw new Error('broken');
      },
    };
    const one = counting(ticketSubject('AAAAAAAAAAAAAAAAAAAAAA'));
    const broke: unknown[] = [];
    feed = openFeed(store as EventStore, hub, systemTime, { broke: (error) => broke.push(error) });
    await until(() => one.woken === 1);
    expect(broke).toHaveLength(1);
  });

  test('closes while it waits to read again', async () => {
    const store = {
      feed: () => {
        throw new Error('broken');
      },
    };
    feed = openFeed(store as unknown as EventStore, hub, systemTime);
    await feed.close();
  });
});

describe('the canary', () => {
  let ids = 0;
  let time: VirtualTime;

  beforeEach(() => {
    time = new VirtualTime();
  });

  function canaryOf(periodMs: number, limitMs: number): Canary {
    return new Canary({
      store: world,
      hub,
      makeId: () => `id${(ids += 1)}`,
      makeNonce: () => '7',
      periodMs,
      limitMs,
      time,
    });
  }

  /** Lets its time go on, a little each time, until this is so. */
  async function goOnUntil(isSo: () => boolean): Promise<void> {
    await until(() => {
      if (isSo()) return true;
      time.pass(10);
      return false;
    });
  }

  test('is back when the store and the feed deliver', async () => {
    feed = openFeed(world, hub, systemTime);
    await feed.ready;
    const canary = canaryOf(20, 5000);
    expect(canary.ready).toBe(false);
    await canary.start();
    expect(canary.ready).toBe(true);
    const sent = world.heads.size;
    await goOnUntil(() => world.heads.size > sent + 2);
    expect(canary.ready).toBe(true);
    canary.close();
    await until(() => hub.size === 0);
  });

  test('is missed when the feed is stuck though the store answers, and is green again after', async () => {
    feed = openFeed(world, hub, systemTime);
    await feed.ready;
    const canary = canaryOf(30, 100);
    await canary.start();
    world.patient = true;
    await goOnUntil(() => !canary.ready);
    expect(world.heads.size).toBeGreaterThan(1);
    world.patient = false;
    world.passWakes();
    await goOnUntil(() => canary.ready);
    canary.close();
    await until(() => hub.size === 0);
  });

  test('is missed when the store is away', async () => {
    feed = openFeed(world, hub, systemTime);
    await feed.ready;
    const canary = canaryOf(20, 60);
    await canary.start();
    expect(canary.ready).toBe(true);
    world.down = true;
    await goOnUntil(() => !canary.ready);
    world.down = false;
    await goOnUntil(() => canary.ready);
    canary.close();
  });
});
