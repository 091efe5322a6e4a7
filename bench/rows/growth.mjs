/** Whether a sign-in costs more where very many tickets are alive: two Redis with a gateway each, one nearly empty and one full. */
import { counted } from '../figures.mjs';
import { filledRedis } from '../filled-redis.mjs';
import { contender, signingIn } from './ways.mjs';

const FEW = 1000;
const WARM_UP_STEPS = 3000;
const AT_ONCE = 32;

export const growth = {
  name: 'growth',
  says: ({ live }) =>
    `whole sign-ins beside ${counted(live)} tickets that are alive (many), and beside ${counted(FEW)} (few)`,
  warmUpSteps: WARM_UP_STEPS,
  goals: ['ms of CPU', 'ms of Redis'].map((figure) => ({ of: 'many', beside: 'few', figure, most: 1.1 })),

  open: async (stage, _, live) => ({ few: await filled(stage, FEW), many: await filled(stage, live) }),

  contenders: { few: besides('few'), many: besides('many') },
};

async function filled(stage, live) {
  const redis = await filledRedis(stage, live);
  return [await stage.gateway({ store: redis.url }), redis];
}

function besides(name) {
  const signIns = contender('gateway', signingIn, AT_ONCE);
  return ({ [name]: [gateway, redis] }, seconds) => signIns({ gateway, redis }, seconds);
}
