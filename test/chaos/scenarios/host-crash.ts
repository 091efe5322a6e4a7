import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { Redis } from '../../support/redis.ts';
import type { SentinelGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import type { Stage } from '../scenario.ts';

const SWITCH_LIMIT_MS = 60_000;

/** The host of the master goes, and with it what its replicas had not received over `link`. */
export async function crashHost(master: Redis, link: FaultProxy): Promise<void> {
  link.set('toClient', { kind: 'hold' });
  link.refuse(true);
  await master.kill();
  link.cut();
}

/** The master gives its replicas nothing any more, and lives on. */
export async function cutReplicas(master: Redis): Promise<void> {
  await master.ask('ACL', 'SETUSER', 'default', '-psync', '-sync');
  await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
}

/** Waits for another master than this one, and notes how long that took from now. */
export async function switchedFrom(old: Redis, { ground, note }: Stage<SentinelGround>): Promise<void> {
  const start = performance.now();
  await ground.topology.switched(old, SWITCH_LIMIT_MS);
  note('switch s', secondsSince(start));
}
