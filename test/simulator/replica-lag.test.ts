import { expect, test } from '@jest/globals';
import { MINTED, appendMaker, freshTicket } from '../contract/appends.ts';
import { World } from './world.ts';

const TIMES = { downAfterMs: 1_000, failoverTimeoutMs: 3_000 };
const URL = 'redis+sentinel://10.0.1.1:26379,10.0.1.2:26379,10.0.1.3:26379/scangate';
const LIFE = { ms: 120_000 };
/** A replica says once a second how far it is, and is asked as often. */
const USUAL_MS = 2_100;

test('the lag of the slowest replica that is required is seen, and how many are', async () => {
  const world = await World.create(3);
  const { scheduler, network, random } = world;
  const [master, ...replicas] = [
    world.server('10.0.0.1'),
    world.server('10.0.0.2'),
    world.server('10.0.0.3'),
  ] as const;
  for (const replica of replicas) replica.follow(master.address);
  await scheduler.pass(1_000);
  world.sentinels('scangate', master, TIMES);
  await scheduler.pass(12_000);
  const opening = world.gateway('a', URL, { durability: 'acknowledged' });
  const { store, process, incidents } = await scheduler.complete(opening, 5_000);
  const { first } = appendMaker(random.next);
  for (let ms = 0; ms < 60_000; ms += 500)
    process.after(ms, () => {
      const mint = first(freshTicket(random.next), { type: 'minted', data: MINTED }, LIFE);
      void store.append([mint]).catch(() => {});
    });
  const lagMs = (): number => store.health().replicaLagMs ?? -1;
  await scheduler.pass(10_000);
  expect(lagMs()).toBeLessThan(USUAL_MS);
  expect(incidents.findLast(({ kind }) => kind === 'replicas')).toMatchObject({ required: 2 });

  const ways = [network.way('10.0.0.1', '10.0.0.3'), network.way('10.0.0.3', '10.0.0.1')];
  for (const way of ways) way.cut();
  await scheduler.pass(20_000);
  expect(lagMs()).toBeGreaterThan(20_000 - USUAL_MS);
  for (const way of ways) way.mend();
  await scheduler.pass(15_000);
  expect(lagMs()).toBeLessThan(USUAL_MS);
});
