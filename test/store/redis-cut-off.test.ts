import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import type { CutOffGround } from '../chaos/scenarios/cut-off.ts';
import { PASSWORD, cutOffGround } from '../chaos/scenarios/cut-off.ts';
import { MINTED, SCANNED, SEED, appendMaker, freshTicket, headOf, seeded } from '../contract/appends.ts';
import { rounds } from '../support/random.ts';
import { until } from '../support/until.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import { openStoresOnceUp } from './redis-support.ts';

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
  const { store } = await openStoresOnceUp(ground.urls[gateway], { callTimeoutMs: 1_000, ...settings });
  stores.push(store);
  return store;
}

/** @throws with what Sentinels, masters and their clients say where the call was answered: such an answer is a finding. */
async function expectRefused(call: () => Promise<unknown>): Promise<void> {
  const answer = await call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in answer) {
    expect(answer.error).toMatchObject({ name: 'StoreUnavailable' });
    return;
  }
  const { nodes, sentinels } = ground.topology;
  const said = sentinels.map((sentinel) => sentinel.output().split('\n').slice(-30).join('\n'));
  const asked = nodes.map(async (node) => {
    const client = new Client({ port: node.port, username: 'gateway-0', password: PASSWORD });
    client.on('error', () => {});
    const of = await Promise.all([client.info('replication'), client.call('CLIENT', 'LIST')]);
    client.disconnect();
    return `${node.port}\n${of.join('\n')}`;
  });
  throw new Error(
    `answered ${JSON.stringify(answer.value)}\n${said.join('\n\n')}\n${(await Promise.all(asked)).join('\n\n')}`,
  );
}

// `acknowledged` refuses by what the Sentinels say alone; `auto` would do so for want of replicas as well.
const DURABILITIES = (['acknowledged', 'auto'] as const).slice(0, rounds(1, 2));

test.each(DURABILITIES)(
  'a node that is cut off with the old master decides and tells nothing (%s)',
  async (durability) => {
    const [smaller, larger] = [await open(0, { durability }), await open(1, { durability })];
    const known = freshTicket(random);
    await smaller.append([first(known, { type: 'minted', data: MINTED }, LIFE)]);
    await until(async () => (await larger.read([known])).heads[0] !== null);
    const seen = await headOf(smaller, known);

    await ground.topology.settled();
    const master = await ground.topology.master();
    const heal = await ground.cutOff(master);
    await expectRefused(() => smaller.append([next(seen, SCANNED, { life: LIFE })]));
    await expectRefused(() => smaller.read([known]));
    await ground.topology.switched(master);
    const scanned = next(seen, SCANNED, { life: LIFE });
    await until(() => larger.append([scanned]), { everyMs: 50 });
    for (let times = 0; times < 3; times++) {
      const fresh = first(freshTicket(random), { type: 'minted', data: MINTED }, LIFE);
      await expectRefused(() => smaller.append([fresh]));
      await expectRefused(() => smaller.read([known]));
    }

    await heal();
    const told = await until(() => headOf(smaller, known), { everyMs: 100 });
    expect(told.moments.at(-1)?.id).toBe(scanned.event.id);
    expect(told).toEqual(await headOf(larger, known));
  },
);
