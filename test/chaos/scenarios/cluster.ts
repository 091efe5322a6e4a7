import { partitionKeys } from '../../../src/store/keys.ts';
import { PARTITIONS } from '../../../src/store/redis/settings.ts';
import { partitionOf, ticketSubject } from '../../../src/store/subject.ts';
import { until } from '../../support/until.ts';
import { clusterGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const SLOTS_MOVED = 8;

function logKeyOf(ticketId: string): string {
  return partitionKeys(partitionOf(ticketSubject(ticketId), PARTITIONS.cluster)).log;
}

/** A Cluster of three masters with a replica each. */
export const clusterScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'cluster-master',
    title: 'a master killed in a Cluster',
    rates: { pulsesPerSecond: 40 },
    prepare: () => clusterGround(),
    play: async ({ ground, sleep, note, judgeWrites }) => {
      const old = await ground.topology.masterOf('{sg:0}log');
      const keys = new Set((await old.ask('KEYS', '{sg:*}log')) as readonly string[]);
      judgeWrites((ticketId) => keys.has(logKeyOf(ticketId)));
      const start = performance.now();
      await old.kill();
      await until(async () => (await ground.topology.masterOf('{sg:0}log')) !== old, {
        withinMs: 30_000,
        what: 'a promotion',
      });
      note('switch s', secondsSince(start));
      await sleep(2500);
    },
  }),
  scenario({
    name: 'cluster-planned',
    title: 'a planned move in a Cluster',
    prepare: () => clusterGround(),
    play: async ({ ground, sleep }) => {
      await ground.topology.failover(await ground.topology.masterOf('{sg:1}log'));
      await sleep(3000);
    },
  }),
  scenario({
    name: 'slot-migration',
    title: 'slots moved under load',
    prepare: () => clusterGround(),
    play: async ({ ground, sleep, note }) => {
      const { topology } = ground;
      for (let partition = 0; partition < SLOTS_MOVED; partition += 1) {
        const key = `{sg:${partition}}log`;
        const owner = await topology.masterOf(key);
        const others = (await topology.masters()).filter((node) => node !== owner);
        await topology.moveSlot(await topology.slotOf(key), others[partition % others.length]!);
      }
      note('slots', SLOTS_MOVED);
      await sleep(2000);
    },
  }),
];
