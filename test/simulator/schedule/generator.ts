import { randomFrom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';
import type { Direction, Ending, Fault, Schedule, SignIn, Target } from './schedule.ts';

/** How many faults a schedule has: one is judged by promise (a) of docs/failover.md, two by promise (b). */
export type FaultCount = 1 | 2;

const SENTINELS = 3;

/** How often each number of gateways is played. */
const GATEWAYS = [1, 1, 2, 2, 2, 3, 3, 3, 4, 6, 10] as const;
const ENDINGS: readonly Ending[] = [
  'confirm',
  'confirm',
  'confirm',
  'confirm',
  'race',
  'deny',
  'cancel',
  'leave',
];
const DIRECTIONS: readonly Direction[] = ['both', 'both', 'in', 'out'];

/** Makes one schedule from a seed. */
export function makeSchedule(seed: number, faults: FaultCount): Schedule {
  const random = randomFrom(seed);
  const gateways = random.pick(GATEWAYS);
  const isDouble = faults === 2;
  const replicas = random.pick(isDouble ? ([1, 2, 2] as const) : ([0, 1, 1, 2, 2, 2, 2] as const));
  const durability = isDouble || (replicas > 0 && random.chance(0.3)) ? 'replicated' : 'auto';
  const size = { gateways, replicas };
  const count = random.between(2, gateways > 4 ? 4 : 6);
  const signIns = Array.from({ length: count }, () => makeSignIn(random));
  const first = isDouble ? doubleFault(random, size) : [singleFault(random, size)];
  return { seed, gateways, replicas, durability, signIns, faults: first };
}

interface Size {
  readonly gateways: number;
  readonly replicas: 0 | 1 | 2;
}

/** How long people take: most are quick, some put the phone away for a while. */
function pause(random: Random): number {
  const kind = random.next();
  if (kind < 0.65) return random.between(50, 2_000);
  return kind < 0.92 ? random.between(2_000, 10_000) : random.between(10_000, 60_000);
}

function makeSignIn(random: Random): SignIn {
  const refreshes = random.chance(0.6) ? random.between(1, 3) : 0;
  return {
    atMs: random.between(0, 4_000),
    scanAfterMs: pause(random),
    decideAfterMs: pause(random),
    ending: random.pick(ENDINGS),
    raceMs: random.between(0, 30),
    ...(random.chance(0.2) ? { rivalAfterMs: random.between(-20, 40) } : {}),
    redeemsTwice: random.chance(0.2),
    refreshAfterMs: Array.from({ length: refreshes }, () => random.between(50, 4_000)),
    revokes: random.chance(0.2),
    sticky: random.chance(0.4),
  };
}

/** A fault that promise (a) covers. */
function singleFault(random: Random, size: Size): Fault {
  const atMs = random.between(300, 9_000);
  if (size.replicas > 0 && random.chance(0.22))
    return { kind: 'move', atMs, targets: [{ part: 'sentinel', index: random.between(0, SENTINELS - 1) }] };
  if (random.chance(0.1))
    return { kind: 'empty', atMs, lastsMs: random.between(5, 700), targets: [{ part: 'master' }] };
  if (random.chance(0.05)) return clockFault(random, atMs, [serverTarget(random, size)]);
  return ailment(random, atMs, machineOf(random, size), size);
}

/** A gateway, or all, and a server: they fail at about the same time. */
function doubleFault(random: Random, size: Size): readonly Fault[] {
  const atMs = random.between(300, 9_000);
  const nearby = Math.max(0, atMs + random.between(-1_500, 1_500));
  const server: Fault = random.chance(0.35)
    ? { kind: 'move', atMs, targets: [{ part: 'sentinel', index: random.between(0, SENTINELS - 1) }] }
    : ailment(random, atMs, [random.chance(0.75) ? { part: 'master' } : serverTarget(random, size)], size);
  const gateways: Target[] = Array.from({ length: size.gateways }, (_, index) => ({
    part: 'gateway',
    index,
  }));
  const count = random.chance(0.5) ? size.gateways : random.between(1, size.gateways);
  const others: readonly Target[] = random.chance(0.75)
    ? random.shuffled(gateways).slice(0, count)
    : [{ part: 'sentinel', index: random.between(0, SENTINELS - 1) }];
  return [server, ailment(random, nearby, others, size)];
}

/** What one process, or one machine, may suffer. */
function ailment(random: Random, atMs: number, targets: readonly Target[], size: Size): Fault {
  const isGone = random.chance(0.2);
  const time = isGone ? {} : { lastsMs: lasting(random) };
  const isServer = targets.some(({ part }) => part === 'server' || part === 'master');
  const kinds = ['freeze', 'kill', 'unplug', 'cut', 'cut', 'slow', ...(isServer ? ['lag'] : [])] as const;
  const kind = random.pick(kinds);
  switch (kind) {
    case 'freeze':
      return { kind, atMs, targets, ...time };
    case 'kill':
    case 'unplug':
      // A server without replicas has to come back, and then with what it had on disk.
      if (size.replicas === 0 && isServer) return { kind, atMs, targets, lastsMs: lasting(random) };
      return { kind, atMs, targets, ...time };
    case 'cut': {
      const from = random.chance(0.4) ? { from: someOf(random, size) } : {};
      return { kind, atMs, targets, ...time, direction: random.pick(DIRECTIONS), ...from };
    }
    case 'slow':
    case 'lag':
      return { kind, atMs, targets, ...time, delayMs: random.pick([20, 100, 400, 1_500, 4_000]) };
    default:
      throw new Error(`no such ailment: ${kind}`);
  }
}

function clockFault(random: Random, atMs: number, targets: readonly Target[]): Fault {
  return { kind: 'clock', atMs, targets, stepMs: random.pick([-60_000, -5_000, -500, 500, 5_000, 40_000]) };
}

function lasting(random: Random): number {
  const kind = random.next();
  if (kind < 0.35) return random.between(50, 1_200);
  return kind < 0.75 ? random.between(1_200, 6_000) : random.between(6_000, 25_000);
}

function serverTarget(random: Random, { replicas }: Size): Target {
  return { part: 'server', index: random.between(0, replicas) };
}

/** One process, or a machine that holds several: a server and a Sentinel, or a gateway beside a replica. */
function machineOf(random: Random, size: Size): readonly Target[] {
  const kind = random.next();
  const gateway: Target = { part: 'gateway', index: random.between(0, size.gateways - 1) };
  if (kind < 0.35) return [{ part: 'master' }];
  if (kind < 0.65) return [gateway];
  if (kind < 0.75) return [{ part: 'sentinel', index: random.between(0, SENTINELS - 1) }];
  const server = serverTarget(random, size);
  if (kind < 0.87 || size.replicas === 0) return [server];
  const sentinel: Target = { part: 'sentinel', index: random.between(0, SENTINELS - 1) };
  return random.chance(0.5) ? [server, sentinel] : [server, sentinel, gateway];
}

function someOf(random: Random, { gateways, replicas }: Size): readonly Target[] {
  const all: Target[] = [
    ...Array.from({ length: replicas + 1 }, (_, index) => ({ part: 'server', index }) as const),
    ...Array.from({ length: SENTINELS }, (_, index) => ({ part: 'sentinel', index }) as const),
    ...Array.from({ length: gateways }, (_, index) => ({ part: 'gateway', index }) as const),
  ];
  return random.shuffled(all).slice(0, random.between(1, all.length - 1));
}
