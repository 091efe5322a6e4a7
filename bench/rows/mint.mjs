import { bareCalls, contender, minting } from './ways.mjs';

const WARM_UP_STEPS = 3000;
const AT_ONCE = 64;

export const mint = {
  name: 'mint',
  says: 'tickets a second, all checks and default log lines on',
  warmUpSteps: WARM_UP_STEPS,
  goals: [
    { of: 'gateway', beside: 'bare', figure: 'a second', least: 0.5 },
    { of: 'gateway', beside: 'bare', figure: 'ms of CPU', most: 2 },
  ],

  async open(stage) {
    const redis = await stage.redis();
    return {
      redis,
      gateway: await stage.gateway({ store: redis.url }),
      bare: await stage.server('bench/peers/bare.mjs', [redis.url]),
    };
  },

  contenders: {
    gateway: contender('gateway', minting, AT_ONCE),
    bare: contender('bare', bareCalls(1), AT_ONCE),
  },
};
