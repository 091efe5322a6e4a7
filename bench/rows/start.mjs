/** How soon a gateway is ready: from when its process is started until `/readyz` says so, which is asked every 30 ms. */
import { counted } from '../figures.mjs';
import { filledRedis } from '../filled-redis.mjs';

const ENV = { SCANGATE_DRAIN_WAIT: 'PT0S' };

export const start = {
  name: 'start',
  says: ({ live }) =>
    `seconds until a gateway is ready, on its file store, and on Redis beside ${counted(live)} events, all of tickets that are alive`,
  goals: [
    { of: 'file store', figure: 'seconds', most: 1 },
    { of: 'Redis', figure: 'seconds', most: 1.5 },
  ],

  open: async (stage, _, live) => ({ stage, redis: await filledRedis(stage, live) }),

  contenders: {
    'file store': started(({ stage }) => `file:${stage.folder}/start`),
    Redis: started(({ redis }) => redis.url),
  },
};

function started(storeOf) {
  return async (scene) => {
    const begun = performance.now();
    const { child } = await scene.stage.gateway({ store: storeOf(scene), env: ENV });
    const seconds = (performance.now() - begun) / 1000;
    await scene.stage.end(child);
    return { seconds };
  };
}
