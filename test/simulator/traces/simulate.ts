import { World } from '../world.ts';
import { DOWN_AFTER_MS, FAILOVER_TIMEOUT_MS, KEPT, LOOKS_MS, byPart } from './trace.ts';
import type { Fault, Trace, TraceEvent } from './trace.ts';
import type { SimulatedServer } from '../server/simulated-server.ts';

const LOOK_EVERY_MS = 20;

/** Long enough for everyone to have seen everyone. */
const SETTLE_MS = 14_000;

/** Plays one fault in a simulation. */
export async function simulateTrace(fault: Fault, seed: number): Promise<Trace> {
  const world = await World.create(seed);
  const { scheduler, random } = world;
  const servers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((name) => world.server(name));
  const [old, ...replicas] = servers as [SimulatedServer, ...SimulatedServer[]];
  for (const replica of replicas) replica.follow(old.address);
  await scheduler.pass(1_000);
  const events: TraceEvent[] = [];
  let faultAt = Infinity;
  const note = (who: string, what: string): void => {
    const ms = scheduler.now - faultAt;
    if (ms >= 0) events.push([ms, who, what]);
  };
  const times = { downAfterMs: DOWN_AFTER_MS, failoverTimeoutMs: FAILOVER_TIMEOUT_MS };
  const sentinels = world.sentinels('scangate', old, times, (sentinel, channel) => {
    if ((KEPT as readonly string[]).includes(channel)) note(sentinel, channel);
  });
  await scheduler.pass(SETTLE_MS + random.between(0, 10_000));
  faultAt = scheduler.now;
  if (fault === 'kill') old.kill();
  else sentinels[0]?.failover();
  const roles = new Map(servers.map((server) => [server, roleOf(server)]));
  for (let ms = 0; ms < LOOKS_MS; ms += LOOK_EVERY_MS) {
    await scheduler.pass(LOOK_EVERY_MS);
    for (const server of servers) {
      const role = roleOf(server);
      if (server.process.isAlive && role !== roles.get(server)) note(server.address, role);
      roles.set(server, role);
    }
  }
  return byPart(
    fault,
    events,
    old.address,
    servers.map(({ address }) => address),
  );
}

function roleOf({ replication }: SimulatedServer): string {
  return replication.isMaster ? 'master' : `slave of ${replication.masterAddress}`;
}
