import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { Redis } from '../../support/redis.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';

/** What is acknowledged in this time before a crash has left the master towards nobody. */
const LATENCY_MS = 400;
const LAG_MS = 3000;
const UNPROMOTABLE_MS = 35_000;

/** The host of the master goes, and with it what its replicas had not received. */
async function crashHost(master: Redis, link: FaultProxy): Promise<void> {
  link.set('toClient', { kind: 'hold' });
  link.refuse(true);
  await master.kill();
  link.cut();
}

async function switchedFrom(old: Redis, { ground, note }: Stage<SentinelGround>): Promise<void> {
  const start = performance.now();
  await ground.topology.switched(old, 60_000);
  note('switch s', ((performance.now() - start) / 1000).toFixed(1));
}

/** The replica that is promoted lacks what the master had acknowledged. */
export const replicationScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'host-crash',
    title: 'crash of the master and its unsent replication',
    smoke: true,
    rates: { pulsesPerSecond: 30 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { topology } = stage.ground;
      const master = await topology.master();
      const link = await stage.ground.link(await topology.replicas());
      link.set('toClient', { kind: 'latency', delayMs: LATENCY_MS });
      await stage.sleep(2000);
      await crashHost(master, link);
      await switchedFrom(master, stage);
      await stage.sleep(2500);
    },
  }),
  scenario({
    name: 'lagging-replica',
    title: 'a replica promoted that lags 3 s',
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { topology } = stage.ground;
      const master = await topology.master();
      const [lagging] = await topology.replicas();
      await lagging!.ask('CONFIG', 'SET', 'replica-priority', 1);
      const link = await stage.ground.link([lagging!]);
      link.set('toClient', { kind: 'hold' });
      await stage.sleep(LAG_MS);
      await crashHost(master, link);
      await switchedFrom(master, stage);
      stage.note('promoted', (await topology.master()) === lagging ? 'the one that lags' : 'another');
      await stage.sleep(2500);
    },
  }),
  scenario({
    name: 'no-replica',
    title: '35 s without a replica that can be promoted',
    patienceMs: 60_000,
    rates: { signInsPerSecond: 2 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { topology } = stage.ground;
      const master = await topology.master();
      const replicas = await topology.replicas();
      for (const replica of replicas) await replica.ask('CONFIG', 'SET', 'replica-priority', 0);
      const link = await stage.ground.link(replicas);
      link.set('toClient', { kind: 'latency', delayMs: LATENCY_MS });
      stage.load.burst(15);
      await stage.sleep(1500);
      await crashHost(master, link);
      await stage.sleep(UNPROMOTABLE_MS);
      for (const replica of replicas) await replica.ask('CONFIG', 'SET', 'replica-priority', 100);
      await switchedFrom(master, stage);
      await stage.sleep(3000);
    },
  }),
];
