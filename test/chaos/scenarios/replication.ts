import { sentinelGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';
import { crashHost, switchedFrom } from './host-crash.ts';

/** What is acknowledged in this time before a crash has left the master towards nobody. */
const LATENCY_MS = 400;
const LAG_MS = 3000;
const UNPROMOTABLE_MS = 35_000;

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
