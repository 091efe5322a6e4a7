import type { RedisSettings } from '../../../src/store/redis/redis-settings.ts';
import { Recorder } from '../people/recorder.ts';
import { makeFront } from '../people/front.ts';
import type { Front } from '../people/front.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { SimulatedSentinel } from '../sentinel/sentinel.ts';
import type { SimulatedServer } from '../server/simulated-server.ts';
import { World } from '../world.ts';
import { Chronicler } from './chronicler.ts';

const DOWN_AFTER_MS = 1_000;
const FAILOVER_TIMEOUT_MS = 3_000;
const MASTER_NAME = 'scangate';
const SENTINEL_URL = 'redis+sentinel://10.0.1.1:26379,10.0.1.2:26379,10.0.1.3:26379/scangate';
const OPEN_MS = 10_000;

/** Long enough for replicas to follow, and for Sentinels to have seen everyone. */
const REPLICATE_MS = 500;
const SENTINELS_SETTLE_MS = 2_500;

/** Long enough for every gateway to know of the others: one that is newer than a second is not waited for (promise c). */
const GATEWAYS_SETTLE_MS = 1_500;

/** Settings as they are by default in production (docs/settings.md). */
const SETTINGS: Partial<RedisSettings> = { historyMs: 600_000, lifeMaxMs: 180_000, callTimeoutMs: 2_000 };

/** What a schedule is played on. */
export interface Stage {
  readonly schedule: Schedule;
  readonly world: World;
  readonly recorder: Recorder;
  readonly chronicler: Chronicler;
  readonly servers: readonly SimulatedServer[];
  readonly sentinels: readonly SimulatedSentinel[];
  /** A killed one is replaced by one of the same name where it comes back. */
  readonly fronts: Front[];
  /** When all copies of the data were gone. */
  readonly emptiedAt: number[];
}

/** Sets up servers, Sentinels and gateways, and lets them find each other. */
export async function setStage(schedule: Schedule): Promise<Stage> {
  const world = await World.create(schedule.seed);
  const { scheduler } = world;
  const recorder = new Recorder(() => scheduler.now);
  const chronicler = new Chronicler(recorder);
  const servers = Array.from({ length: schedule.replicas + 1 }, (_, i) => world.server(`10.0.0.${i + 1}`));
  const [first, ...replicas] = servers as [SimulatedServer, ...SimulatedServer[]];
  for (const replica of replicas) replica.follow(first.address);
  await scheduler.pass(REPLICATE_MS);
  const times = { downAfterMs: DOWN_AFTER_MS, failoverTimeoutMs: FAILOVER_TIMEOUT_MS };
  const sentinels =
    schedule.replicas === 0
      ? []
      : world.sentinels(MASTER_NAME, first, times, (...event) => chronicler.sentinelSaid(...event));
  if (sentinels.length > 0) await scheduler.pass(SENTINELS_SETTLE_MS);
  const stage: Stage = {
    schedule,
    world,
    recorder,
    chronicler,
    servers,
    sentinels,
    fronts: [],
    emptiedAt: [],
  };
  for (let i = 0; i < schedule.gateways; i++) {
    const front = await scheduler.complete(openFront(stage, nameOf(i)), OPEN_MS);
    stage.fronts.push(front);
  }
  await scheduler.pass(GATEWAYS_SETTLE_MS);
  return stage;
}

export function nameOf(gateway: number): string {
  return `gateway-${gateway + 1}`;
}

/** Opens a gateway. */
export async function openFront(stage: Stage, name: string): Promise<Front> {
  const { world, schedule, chronicler, servers } = stage;
  const url = schedule.replicas === 0 ? `redis://${servers[0]?.address}` : SENTINEL_URL;
  const { durability } = schedule;
  const gateway = await world.gateway(name, url, { ...SETTINGS, durability }, (incident) =>
    chronicler.gatewaySaid(name, incident),
  );
  return makeFront(gateway, world.random.fork());
}

/** The server that most Sentinels name; the only one where there are none. */
export function masterOf({ servers, sentinels }: Stage): SimulatedServer {
  const named = sentinels.filter(({ process }) => process.isAlive).map(({ currentMaster }) => currentMaster);
  const votes = (address: string): number => named.filter((one) => one === address).length;
  const [best] = [...servers].sort((a, b) => votes(b.address) - votes(a.address));
  return best as SimulatedServer;
}
