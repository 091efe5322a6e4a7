import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';

/** Until Sentinel has switched and a killed gateway is back. */
const OUTAGE_S = 8;
const REPLICATED = { SCANGATE_DURABILITY: 'replicated' } as const;
const ACKNOWLEDGED = { SCANGATE_DURABILITY: 'acknowledged' } as const;

/** Kills the master and these gateways at once, and starts the gateways again once another is the master. */
async function killTogether(stage: Stage<SentinelGround>, killed: readonly number[]): Promise<void> {
  const { ground, gateways, ignore, sleep } = stage;
  for (const index of killed) ignore(index);
  const master = await ground.topology.master();
  const doomed = gateways.filter((_, index) => killed.includes(index));
  await Promise.all([master.kill(), ...doomed.map((gateway) => gateway.kill())]);
  await ground.topology.switched(master);
  await Promise.all(doomed.map((gateway) => gateway.restart()));
  await sleep(3000);
}

async function killMaster({ ground, sleep }: Stage<SentinelGround>): Promise<void> {
  const master = await ground.topology.master();
  await master.kill();
  await ground.topology.switched(master);
  await sleep(3000);
}

/** The durabilities that are not the default, and two faults at once. */
export const twoFaultScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'replicated-killed',
    title: '`replicated`: kill -9 of the master',
    env: REPLICATED,
    prepare: () => sentinelGround(),
    play: killMaster,
  }),
  scenario({
    name: 'acknowledged-killed',
    title: '`acknowledged`: kill -9 of the master',
    env: ACKNOWLEDGED,
    prepare: () => sentinelGround(),
    play: killMaster,
  }),
  scenario({
    name: 'acknowledged-planned',
    title: '`acknowledged`: SENTINEL FAILOVER',
    env: ACKNOWLEDGED,
    prepare: () => sentinelGround(),
    play: async ({ ground, sleep }) => {
      await ground.topology.failover();
      await sleep(3000);
    },
  }),
  scenario({
    name: 'master-and-gateway',
    outageS: OUTAGE_S,
    title: '`replicated`: the master and a gateway killed together',
    env: REPLICATED,
    prepare: () => sentinelGround(),
    play: (stage) => killTogether(stage, [0]),
  }),
  scenario({
    name: 'master-and-gateways',
    outageS: OUTAGE_S,
    title: '`replicated`: the master and all gateways killed together',
    env: REPLICATED,
    prepare: () => sentinelGround(),
    play: (stage) => killTogether(stage, [0, 1]),
  }),
  scenario({
    name: 'replica-frozen-then-killed',
    outageS: OUTAGE_S,
    title: 'a replica frozen until it counts as down, then kill -9 of the master and a gateway',
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const [replica] = await stage.ground.topology.replicas();
      replica!.freeze();
      await stage.sleep(4000);
      await killTogether(stage, [0]);
      replica!.thaw();
      await stage.sleep(2000);
    },
  }),
];
