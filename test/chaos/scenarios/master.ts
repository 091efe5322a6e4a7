import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';

const FROZEN_MS = 5000;
/** Long enough for Sentinel to have begun, too short for it to have ended. */
const FROZEN_MID_FAILOVER_MS = 2200;
const PAUSE_MS = 4000;
const SWITCH_LIMIT_MS = 20_000;

/** Waits for the Sentinels to name another, and notes how long that took. */
async function noteSwitch({ ground, note }: Stage<SentinelGround>, work: () => Promise<void>): Promise<void> {
  const old = await ground.topology.master();
  const start = performance.now();
  const switched = ground.topology.switched(old, SWITCH_LIMIT_MS).then(
    () => note('switch s', secondsSince(start)),
    () => note('switch s', 'none'), // woken early enough, a master keeps its place
  );
  await work();
  await switched;
}

/** The master of a Sentinel topology ends, freezes, or moves as planned. */
export const masterScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'kill-master',
    title: 'kill -9 of the master',
    rates: { pulsesPerSecond: 20 },
    writesAfterSwitchS: 1.5,
    prepare: () => sentinelGround(),
    play: async (stage) => {
      await noteSwitch(stage, async () => void (await (await stage.ground.topology.master()).kill()));
      await stage.sleep(1500);
    },
  }),
  scenario({
    name: 'frozen-master',
    title: 'master frozen 5 s',
    rates: { pulsesPerSecond: 20 },
    writesAfterSwitchS: 1.5,
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const master = await stage.ground.topology.master();
      await noteSwitch(stage, async () => {
        master.freeze();
        await stage.sleep(FROZEN_MS);
        master.thaw();
      });
      await stage.sleep(2000);
    },
  }),
  scenario({
    name: 'frozen-mid-failover',
    title: 'master frozen, woken mid-failover',
    rates: { pulsesPerSecond: 30 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const master = await stage.ground.topology.master();
      await noteSwitch(stage, async () => {
        master.freeze();
        await stage.sleep(FROZEN_MID_FAILOVER_MS);
        master.thaw();
      });
      await stage.sleep(3000);
    },
  }),
  scenario({
    name: 'planned',
    title: 'SENTINEL FAILOVER',
    smoke: true,
    rates: { pulsesPerSecond: 40 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      await noteSwitch(stage, async () => void (await stage.ground.topology.failover()));
      await stage.sleep(3000);
    },
  }),
  scenario({
    name: 'planned-paused',
    title: 'SENTINEL FAILOVER behind CLIENT PAUSE',
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const master = await stage.ground.topology.master();
      await noteSwitch(stage, async () => {
        await master.ask('CLIENT', 'PAUSE', PAUSE_MS, 'WRITE');
        await stage.ground.topology.failover();
      });
      await stage.sleep(3000);
    },
  }),
];
