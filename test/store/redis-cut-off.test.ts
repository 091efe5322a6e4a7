import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CutOffGround } from '../chaos/scenarios/cut-off.ts';
import { cutOffGround } from '../chaos/scenarios/cut-off.ts';
import { MINTED, SCANNED, SEED, appendMaker, freshTicket, headOf, seeded } from '../contract/appends.ts';
import { until } from '../support/until.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import { openStores } from './redis-support.ts';

const LIFE = { ms: 60_000 };
const random = seeded(SEED);
const { first, next } = appendMaker(random);

let ground: CutOffGround;
let stores: EventStore[] = [];

beforeEach(async () => {
  ground = await cutOffGround();
});

afterEach(async () => {
  for (const store of stores) await store.close();
  stores = [];
  await ground.stop();
});

async function open(gateway: 0 | 1, settings: Partial<RedisSettings>): Promise<EventStore> {
  const { store } = await openStores(ground.urls[gateway], { callTimeoutMs: 1_000, ...settings });
  stores.push(store);
  return store;
}

test.each(['auto', 'acknowledged'] as const)(
  'a node that is cut off with the old master decides and tells nothing (%s)',
  async (durability) => {
    const [smaller, larger] = [await open(0, { durability }), await open(1, { durability })];
    const known = freshTicket(random);
    await smaller.append([first(known, { type: 'minted', data: MINTED }, LIFE)]);
    await until(async () => (await larger.read([known])).heads[0] !== null);
    const seen = await headOf(smaller, known);

    const master = await ground.topology.master();
    const heal = await ground.cutOff(master);
    const refused = { name: 'StoreUnavailable' };
    await expect(smaller.append([next(seen, SCANNED, { life: LIFE })])).rejects.toMatchObject(refused);
    await expect(smaller.read([known])).rejects.toMatchObject(refused);
    await ground.topology.switched(master);
    const scanned = next(seen, SCANNED, { life: LIFE });
    await until(() => larger.append([scanned]), { withinMs: 10_000, everyMs: 50 });
    for (let times = 0; times < 3; times++) {
      const fresh = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await expect(smaller.append([fresh])).rejects.toMatchObject(refused);
      await expect(smaller.read([known])).rejects.toMatchObject(refused);
    }

    await heal();
    const told = await until(() => headOf(smaller, known), { withinMs: 15_000, everyMs: 100 });
    expect(told.moments.at(-1)?.id).toBe(scanned.event.id);
    expect(told).toEqual(await headOf(larger, known));
  },
  90_000,
);
