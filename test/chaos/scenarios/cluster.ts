import { partitionKeys } from '../../../src/store/keys.ts';
import { PARTITIONS } from '../../../src/store/redis/setup/prepare.ts';
import { partitionOf, ticketSubject } from '../../../src/store/subject.ts';
import { until } from '../../support/until.ts';
import type { Redis } from '../../support/redis.ts';
import { clusterGround } from '../grounds.ts';
import type { ClusterGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';

const SLOTS_MOVED = 8;
const LAG_MS = 2000;
const FIRST_LOG = '{sg:0}log';

function logKeyOf(ticketId: string): string {
  return partitionKeys(partitionOf(ticketSubject(ticketId), PARTITIONS.cluster)).log;
}

/** A third of all tickets has its master killed, after something was done to it. */
async function killMaster(
  { ground, sleep, note, judgeWrites }: Stage<ClusterGround>,
  before: (master: Redis) => Promise<void>,
): Promise<void> {
  const { topology } = ground;
  const old = await topology.masterOf(FIRST_LOG);
  const keys = new Set((await old.ask('KEYS', '{sg:*}log')) as readonly string[]);
  judgeWrites((ticketId) => keys.has(logKeyOf(ticketId)));
  await before(old);
  const start = performance.now();
  await old.kill();
  await until(async () => (await topology.masterOf(FIRST_LOG)) !== old, {
    withinMs: 30_000,
    what: 'a promotion',
  });
  note('switch s', secondsSince(start));
  await sleep(2500);
}

/** A Cluster of three masters with a replica each. */
export const clusterScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'cluster-master',
    title: 'a master killed in a Cluster',
    rates: { pulsesPerSecond: 40 },
    prepare: () => clusterGround(),
    play: (stage) => killMaster(stage, () => Promise.resolve()),
  }),
  scenario({
    name: 'cluster-lagging',
    title: 'a replica promoted in a Cluster that lags 2 s',
    rates: { pulsesPerSecond: 40 },
    prepare: () => clusterGround(),
    play: (stage) =>
      killMaster(stage, async (master) => {
        // Its replica is sent away and may not come back; the bus between the nodes goes on.
        await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
        await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
        await stage.sleep(LAG_MS);
      }),
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
