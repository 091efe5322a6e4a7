import type { Fault, Target } from '../schedule/schedule.ts';
import type { SimulatedSentinel } from '../sentinel/sentinel.ts';
import type { SimulatedServer } from '../server/simulated-server.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { masterOf, nameOf, openFront } from './stage.ts';
import type { Stage } from './stage.ts';

const REOPEN_MS = 1_000;
const SLOW_SPREAD = 0.5;
const LAN = { delayMs: [0.1, 0.6], slowChance: 0.01, slowMs: [1, 8] } as const;

/** Someone that something is done to. */
interface Subjected {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly server?: SimulatedServer;
  readonly sentinel?: SimulatedSentinel;
  readonly gateway?: number;
}

/** Does one fault, and takes it back when its time is over. @returns what takes it back at once. */
export function playFault(stage: Stage, fault: Fault): () => void {
  const { world, recorder } = stage;
  const targets = targetsOf(stage, fault);
  const names = targets.map(({ name }) => name).join(' and ');
  const lasts = fault.lastsMs === undefined ? '' : ` for ${fault.lastsMs} ms`;
  recorder.tell('fault', `${fault.kind} ${names}${lasts}`);
  recorder.count(`fault: ${fault.kind}`);
  const together = new Set(targets.map(({ name }) => name));
  const undos = targets.map((target) => strike(stage, fault, target, together));
  let isOver = false;
  const undo = (): void => {
    if (isOver) return;
    isOver = true;
    recorder.tell('fault', `${fault.kind} ${names} is over`);
    for (const one of undos) one();
  };
  if (fault.lastsMs !== undefined) world.scheduler.at(world.scheduler.now + fault.lastsMs, FAULT_LANE, undo);
  return undo;
}

/** Whose events the faults are. */
export const FAULT_LANE = -2;

/** @param together those that suffer it as one: nothing happens between them. */
function strike(stage: Stage, fault: Fault, target: Subjected, together: ReadonlySet<string>): () => void {
  const { process } = target;
  switch (fault.kind) {
    case 'freeze':
      process.freeze();
      return () => process.thaw();
    case 'kill':
    case 'unplug':
      return end(stage, target, fault.kind, 'kept');
    case 'empty':
      return end(stage, target, 'kill', 'empty');
    case 'flush':
      target.server?.engine.run(['FLUSHALL']);
      stage.emptiedAt.push(stage.world.scheduler.now);
      return () => {};
    case 'cut':
      return cut(stage, target, fault, together);
    case 'slow':
      return slow(stage, target, fault.delayMs);
    case 'lag':
      return lag(stage, target, fault.delayMs);
    case 'move':
      target.sentinel?.failover();
      return () => {};
    case 'clock':
      process.stepClock(fault.stepMs);
      return () => {};
  }
}

/** Ends a process, or its machine. */
function end(
  stage: Stage,
  { process, server, sentinel, gateway, name }: Subjected,
  how: 'kill' | 'unplug',
  data: 'kept' | 'empty',
): () => void {
  const { network, scheduler } = stage.world;
  const endedAt = scheduler.now;
  const followed = server?.replication.isMaster === false ? server.replication.masterAddress : undefined;
  if (how === 'kill') network.kill(process);
  else network.unplug(process);
  if (gateway !== undefined) {
    return () => {
      network.revive(process);
      process.kill();
      void reopen(stage, name, gateway);
    };
  }
  if (sentinel !== undefined) return () => sentinel.restart();
  if (server === undefined) return () => {};
  return () => {
    if (process.isAlive) return;
    const isLast = stage.servers.every(
      (one) => one === server || !one.replication.isMaster || !one.process.isAlive,
    );
    server.restart(data);
    // A replica's configuration says whom it follows; Sentinel writes it there.
    if (followed !== undefined) server.follow(followed);
    else if (data === 'empty' && isLast) stage.emptiedAt.push(endedAt);
  };
}

/** Starts a gateway again and again until it is there, as whatever looks after processes does. */
async function reopen(stage: Stage, name: string, gateway: number): Promise<void> {
  const { scheduler } = stage.world;
  for (;;) {
    const front = await openFront(stage, name).catch(() => undefined);
    if (front !== undefined) {
      stage.recorder.tell(name, 'is back');
      stage.fronts[gateway] = front;
      return;
    }
    await new Promise<void>((resolve) => scheduler.at(scheduler.now + REOPEN_MS, FAULT_LANE, resolve));
  }
}

function cut(
  stage: Stage,
  target: Subjected,
  fault: Fault & { readonly kind: 'cut' },
  together: ReadonlySet<string>,
): () => void {
  const { network } = stage.world;
  const from = fault.from?.map((one) => subjectedBy(stage, one).name) ?? everyoneOf(stage);
  const ways = from
    .filter((name) => !together.has(name))
    .flatMap((name) => [
      ...(fault.direction === 'in' ? [] : [network.way(target.name, name)]),
      ...(fault.direction === 'out' ? [] : [network.way(name, target.name)]),
    ]);
  for (const way of ways) way.cut();
  return () => {
    for (const way of ways) way.mend();
  };
}

function slow(stage: Stage, { name }: Subjected, delayMs: number): () => void {
  const { network } = stage.world;
  const others = everyoneOf(stage).filter((other) => other !== name);
  const ways = others.flatMap((other) => [network.way(name, other), network.way(other, name)]);
  for (const way of ways) way.quality = { ...LAN, delayMs: [delayMs * SLOW_SPREAD, delayMs] };
  return () => {
    for (const way of ways) way.quality = LAN;
  };
}

/** What other servers say to this one takes so long: its replication lags. */
function lag(stage: Stage, { name }: Subjected, delayMs: number): () => void {
  const { network } = stage.world;
  const ways = stage.servers
    .filter(({ process }) => process.name !== name)
    .map(({ process }) => network.way(process.name, name));
  for (const way of ways) way.quality = { ...LAN, delayMs: [delayMs * SLOW_SPREAD, delayMs] };
  return () => {
    for (const way of ways) way.quality = LAN;
  };
}

/** Servers, Sentinels and gateways by their machines' names. */
function everyoneOf({ servers, sentinels, schedule }: Stage): readonly string[] {
  return [
    ...servers.map(({ process }) => process.name),
    ...sentinels.map(({ process }) => process.name),
    ...Array.from({ length: schedule.gateways }, (_, i) => nameOf(i)),
  ];
}

/** The targets, each once. Where one fault is played, a machine that holds the master holds no gateway (promise a). */
function targetsOf(stage: Stage, { targets }: Fault): readonly Subjected[] {
  const all = new Map(targets.map((target) => subjectedBy(stage, target)).map((one) => [one.name, one]));
  const each = [...all.values()];
  const holdsMaster = each.some(({ server }) => server === masterOf(stage));
  const isSingle = stage.schedule.faults.length === 1;
  return isSingle && holdsMaster ? each.filter(({ gateway }) => gateway === undefined) : each;
}

function subjectedBy(stage: Stage, target: Target): Subjected {
  const server = target.part === 'master' ? masterOf(stage) : undefined;
  if (server !== undefined) return { name: server.process.name, process: server.process, server };
  const { part, index } = target as Exclude<Target, { readonly part: 'master' }>;
  switch (part) {
    case 'server': {
      const one = stage.servers[index % stage.servers.length] as SimulatedServer;
      return { name: one.process.name, process: one.process, server: one };
    }
    case 'sentinel': {
      const sentinel = stage.sentinels[index % Math.max(1, stage.sentinels.length)];
      if (sentinel === undefined) return subjectedBy(stage, { part: 'master' });
      return { name: sentinel.process.name, process: sentinel.process, sentinel };
    }
    case 'gateway': {
      const gateway = index % stage.fronts.length;
      const { process } = (stage.fronts[gateway] as Stage['fronts'][number]).gateway;
      return { name: process.name, process, gateway };
    }
  }
}
