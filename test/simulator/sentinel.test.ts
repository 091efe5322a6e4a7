import { expect, test } from '@jest/globals';
import type { Subject } from '../../src/store/subject.ts';
import { MINTED, appendMaker, freshTicket } from '../contract/appends.ts';
import type { SimulatedSentinel } from './sentinel/sentinel.ts';
import type { SimulatedServer } from './server/simulated-server.ts';
import { World } from './world.ts';
import type { Gateway } from './world.ts';

const TIMES = { downAfterMs: 1_000, failoverTimeoutMs: 3_000 };
const URL = 'redis+sentinel://10.0.1.1:26379,10.0.1.2:26379,10.0.1.3:26379/scangate';
const LIFE = { ms: 120_000 };

interface Stage {
  readonly world: World;
  readonly servers: readonly [SimulatedServer, ...SimulatedServer[]];
  readonly sentinels: readonly SimulatedSentinel[];
  readonly gateways: readonly [Gateway, Gateway];
}

/** A master, two replicas, three Sentinels and two gateways that have found each other. */
async function setStage(seed: number): Promise<Stage> {
  const world = await World.create(seed);
  const { scheduler } = world;
  const servers = [world.server('10.0.0.1'), world.server('10.0.0.2'), world.server('10.0.0.3')] as const;
  for (const replica of servers.slice(1)) replica.follow(servers[0].address);
  await scheduler.pass(1_000);
  const sentinels = world.sentinels('scangate', servers[0], TIMES);
  await scheduler.pass(12_000);
  const open = (name: string): Promise<Gateway> => scheduler.complete(world.gateway(name, URL), 5_000);
  return { world, servers, sentinels, gateways: [await open('a'), await open('b')] };
}

/** Mints ten tickets a second at the first gateway, while something happens. @returns those that were acknowledged. */
async function mintWhile(
  { world, gateways }: Stage,
  seconds: number,
  happen: () => void,
): Promise<Subject[]> {
  const { scheduler, random } = world;
  const { first } = appendMaker(random.next);
  const acknowledged: Subject[] = [];
  const mint = async (): Promise<void> => {
    const ticket = freshTicket(random.next);
    await gateways[0].store.append([first(ticket, { type: 'minted', data: MINTED }, LIFE)]);
    acknowledged.push(ticket);
  };
  for (let ms = 0; ms < seconds * 1_000; ms += 100)
    gateways[0].process.after(ms, () => void mint().catch(() => {}));
  gateways[0].process.after(2_000, happen);
  await scheduler.pass(seconds * 1_000 + 5_000);
  return acknowledged;
}

async function countMissing({ world, gateways }: Stage, tickets: readonly Subject[]): Promise<number> {
  const { heads } = await world.scheduler.complete(gateways[1].store.read(tickets), 5_000);
  return heads.filter((head) => head === null).length;
}

test.each([1, 2])('a master dies under whole stores, and nothing is lost (seed %i)', async (seed) => {
  const stage = await setStage(seed);
  const [old] = stage.servers;
  const tickets = await mintWhile(stage, 8, () => old.kill());
  expect(tickets.length).toBeGreaterThan(60);
  expect(await countMissing(stage, tickets)).toBe(0);
  old.restart('empty');
  await stage.world.scheduler.pass(15_000);
  expect(old.replication.isMaster).toBe(false);
  expect(old.engine.data.size).toBe(stage.servers[1]?.engine.data.size);
});

test('a planned move demotes the old master, whom the gateways have left by then, and nothing is lost', async () => {
  const stage = await setStage(4);
  const [old, ...replicas] = stage.servers;
  const [{ process, incidents }] = stage.gateways;
  let hadLeft = false;
  const tickets = await mintWhile(stage, 20, () => {
    stage.sentinels[0]?.failover();
    process.after(3_000, () => {
      hadLeft = old.replication.isMaster && incidents.some(({ kind }) => kind === 'timeline');
    });
  });
  expect(hadLeft).toBe(true);
  expect(old.replication.isMaster).toBe(false);
  expect(replicas.filter(({ replication }) => replication.isMaster)).toHaveLength(1);
  expect(tickets.length).toBeGreaterThan(150);
  expect(await countMissing(stage, tickets)).toBe(0);
});

test('a master that stands still is replaced, and what it had taken in is not kept', async () => {
  const stage = await setStage(5);
  const [old] = stage.servers;
  const tickets = await mintWhile(stage, 12, () => {
    old.process.freeze();
    stage.gateways[0].process.after(6_000, () => old.process.thaw());
  });
  expect(stage.gateways[0].incidents.map(({ kind }) => kind)).toContain('healed');
  expect(await countMissing(stage, tickets)).toBe(0);
});

test('a Sentinel that was killed comes back with what its file keeps, and counts in the next election', async () => {
  const { world, servers, sentinels } = await setStage(6);
  const [back, mover, third] = sentinels as [SimulatedSentinel, SimulatedSentinel, SimulatedSentinel];
  const [old] = servers;
  const masters = (): readonly string[] => sentinels.map(({ currentMaster }) => currentMaster);
  world.network.kill(back.process);
  mover.failover();
  await world.scheduler.pass(8_000);
  const moved = third.currentMaster;
  expect(masters()).toEqual([old.address, moved, moved]);
  back.restart();
  expect(masters()).toEqual([old.address, moved, moved]);
  await world.scheduler.pass(4_000);
  expect(masters()).toEqual([moved, moved, moved]);
  expect(back.replicas.map(({ address }) => address)).toContain(old.address);
  world.network.kill(mover.process);
  servers.find(({ address }) => address === moved)?.kill();
  await world.scheduler.pass(15_000);
  expect(back.currentMaster).not.toBe(moved);
  expect(third.currentMaster).toBe(back.currentMaster);
});
