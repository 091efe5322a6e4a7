import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CutOffGround } from '../chaos/scenarios/cut-off.ts';
import { cutOffGround } from '../chaos/scenarios/cut-off.ts';
import {
  MINTED,
  SCANNED,
  SEED,
  appendMaker,
  freshTicket,
  headOf,
  seeded,
  sleep,
} from '../contract/appends.ts';
import { until } from '../support/until.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import { openStores } from './redis-support.ts';

const RING_MS = 2_000;
const LIFE = { ms: 60_000 };
const random = seeded(SEED);
const { first, next } = appendMaker(random);

let ground: CutOffGround;
let stores: EventStore[] = [];

beforeEach(async () => {
  ground = await cutOffGround();
}, 60_000);

afterEach(async () => {
  for (const store of stores) await store.close();
  stores = [];
  await ground.stop();
});

async function open(gateway: 0 | 1): Promise<EventStore> {
  const settings: Partial<RedisSettings> = {
    ringMs: RING_MS,
    rewindMs: RING_MS,
    sentinelSilenceMaxMs: 5_000,
  };
  const { store } = await openStores(ground.urls[gateway], settings);
  stores.push(store);
  return store;
}

test('what a node was answered while it was cut off with the old master outlives more than the ring', async () => {
  const [smaller, larger] = [await open(0), await open(1)];
  const known = freshTicket(random);
  await smaller.append([first(known, { type: 'minted', data: MINTED }, LIFE)]);
  await until(async () => (await larger.read([known])).heads[0] !== null);
  await sleep(500);

  const master = await ground.topology.master();
  const heal = await ground.cutOff(master);
  await smaller.append([next(await headOf(smaller, known), SCANNED, { life: LIFE })]);
  const fresh = freshTicket(random);
  await smaller.append([first(fresh, { type: 'minted', data: MINTED }, LIFE)]);
  await ground.topology.switched(master);
  await until(() => !smaller.health().up, { withinMs: 8_000, what: 'an end of writes' });
  const end = performance.now() + 2 * RING_MS;
  while (performance.now() < end) {
    expect((await smaller.read([known, fresh])).heads).toMatchObject([{ version: 2 }, { version: 1 }]);
    await sleep(100);
  }
  expect((await larger.read([known, fresh])).heads).toMatchObject([{ version: 1 }, null]);

  await heal();
  await until(
    async () => {
      const [scanned, minted] = (await larger.read([known, fresh])).heads;
      return scanned?.version === 2 && minted?.version === 1;
    },
    { withinMs: 15_000, everyMs: 100, what: 'everything back' },
  );
  expect(await headOf(smaller, known)).toEqual(await headOf(larger, known));
}, 90_000);
