import { sentinelGround, singleGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

/** People who take their time: longer between two steps than the redo ring reaches back. */
const SLOW = {
  thinkMs: [5000, 60_000],
  patienceMs: 30_000,
  env: {
    SCANGATE_TICKET_LIFE: 'PT5M',
    SCANGATE_TICKET_LIFE_MAX: 'PT10M',
    SCANGATE_DECISION_TIME: 'PT5M',
    SCANGATE_CODE_LIFE: 'PT2M',
  },
  rates: { signInsPerSecond: 0, pulsesPerSecond: 4 },
} as const;
const SLOW_PEOPLE = 60;
const ALL_STEPS_MS = 2 * 60_000;
const RING_MS = 30_000;
const ANSWER_MS = 1000;

const MANY = {
  gatewayCount: 10,
  rates: { signInsPerSecond: 25, pulsesPerSecond: 100 },
  eventsPerSecondMin: 1000,
} as const;

/** Many gateways and many events, and people who wait between their steps. */
export const crowdScenarios: readonly AnyScenario[] = [
  scenario({
    ...MANY,
    name: 'ten-gateways-killed',
    title: 'kill -9 of the master, ten gateways',
    writesAfterSwitchS: 1.5,
    prepare: () => sentinelGround(),
    play: async ({ ground, note, sleep }) => {
      const master = await ground.topology.master();
      await sleep(3000);
      const start = performance.now();
      await master.kill();
      await ground.topology.switched(master);
      note('switch s', Math.round((performance.now() - start) / 100) / 10);
      await sleep(10_000);
    },
  }),
  scenario({
    ...MANY,
    name: 'ten-gateways-planned',
    title: 'SENTINEL FAILOVER, ten gateways',
    withoutWritesMaxS: 2,
    prepare: () => sentinelGround(),
    play: async ({ ground, sleep }) => {
      await sleep(3000);
      await ground.topology.failover();
      await sleep(10_000);
    },
  }),
  scenario({
    ...SLOW,
    name: 'slow-people',
    title: 'people who think 5 to 60 s, kill -9 of the master, then a planned move',
    prepare: () => sentinelGround(),
    play: async ({ ground, load, sleep }) => {
      load.burst(SLOW_PEOPLE);
      await sleep(40_000);
      const master = await ground.topology.master();
      await master.kill();
      await ground.topology.switched(master);
      await sleep(5000);
      await master.restart();
      await ground.topology.settled();
      await sleep(20_000);
      await ground.topology.failover();
      await sleep(ALL_STEPS_MS - 80_000);
    },
  }),
  scenario({
    ...SLOW,
    name: 'slow-people-flushed',
    title: 'people who think 5 to 60 s, FLUSHALL',
    prepare: () => singleGround(),
    play: async ({ ground, load, sleep, pardon }) => {
      load.burst(SLOW_PEOPLE);
      await sleep(50_000);
      const at = Date.now();
      await ground.redis.ask('FLUSHALL');
      pardon({ endedBeforeMs: at - RING_MS + ANSWER_MS });
      await sleep(ALL_STEPS_MS - 50_000);
    },
  }),
];
