import { sentinelGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const MOVES = 10;
const MOVE_EVERY_MS = 3000;

/** Masters that move again and again, and one that has a single replica. */
export const moveScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'ten-moves',
    title: 'ten planned moves, 3 s apart',
    rates: { pulsesPerSecond: 20 },
    withoutWritesMaxS: 3,
    prepare: () => sentinelGround(),
    play: async ({ ground, note, sleep }) => {
      let moved = 0;
      for (let move = 0; move < MOVES; move += 1) {
        const next = performance.now() + MOVE_EVERY_MS;
        await ground.topology.failover().then(
          () => (moved += 1),
          () => {}, // Sentinel has none that it would promote yet
        );
        await sleep(Math.max(0, next - performance.now()));
      }
      note('moved', moved);
    },
  }),
  scenario({
    name: 'one-and-one-killed',
    title: 'one replica only: kill -9 of the master',
    prepare: () => sentinelGround({ replicas: 1 }),
    play: async ({ ground, sleep }) => {
      const master = await ground.topology.master();
      await master.kill();
      await ground.topology.switched(master);
      await sleep(3000);
      await master.restart();
      await ground.topology.settled();
      await sleep(2000);
    },
  }),
  scenario({
    name: 'one-and-one-planned',
    title: 'one replica only: SENTINEL FAILOVER',
    prepare: () => sentinelGround({ replicas: 1 }),
    play: async ({ ground, sleep }) => {
      await ground.topology.failover();
      await ground.topology.settled();
      await sleep(3000);
    },
  }),
];
