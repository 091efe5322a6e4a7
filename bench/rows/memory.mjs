/** What a ticket costs Redis, with its events, its head and what finds it by time. */
import { counted } from '../figures.mjs';
import { CONFIRM, SCAN, openFill } from '../fill.mjs';

const TICKETS_MAX = 100_000;
const BYTES = 1000;

export const memory = {
  name: 'memory',
  says: ({ live }) => `KB of Redis a ticket, of ${counted(Math.min(live, TICKETS_MAX))} that are alive`,
  isStill: true,
  goals: [
    { of: 'waiting', figure: 'KB', most: 0.9 },
    { of: 'scanned', figure: 'KB', most: 1.2 },
    { of: 'confirmed', figure: 'KB', most: 1.4 },
  ],

  async open(stage, _, live) {
    const redis = await stage.redis();
    const fill = await openFill(redis.url);
    return { redis, fill, count: Math.min(live, TICKETS_MAX), empty: await fill.usedMemory(), ids: [] };
  },

  close: ({ fill }) => fill.close(),

  contenders: {
    waiting: after(async (scene) => {
      scene.ids = await scene.fill.mint(scene.count);
    }),
    scanned: after(({ fill, ids }) => fill.run(ids, SCAN)),
    confirmed: after(({ fill, ids }) => fill.run(ids, CONFIRM)),
    'redeemed, with its session': after(({ fill, ids }) => fill.redeem(ids)),
  },
};

function after(step) {
  return async (scene) => {
    await step(scene);
    return { KB: ((await scene.fill.usedMemory()) - scene.empty) / scene.ids.length / BYTES };
  };
}
