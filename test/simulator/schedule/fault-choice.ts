import type { Random } from '../../support/random.ts';
import type { Direction, Fault, Target } from './schedule.ts';

const SENTINELS = 3;
const DIRECTIONS: readonly Direction[] = ['both', 'both', 'in', 'out'];
const DELAYS_MS: readonly number[] = [20, 100, 400, 1_500, 4_000];
const CLOCK_STEPS_MS = [-60_000, -5_000, -500, 500, 5_000, 40_000] as const;
const MASTER: Target = { part: 'master' };

/** Of how many parts a schedule's world is made. */
export interface Size {
  readonly gateways: number;
  readonly replicas: 0 | 1 | 2;
}

/** A fault that promise (a) of docs/failover.md covers. */
export function singleFault(random: Random, size: Size): Fault {
  const fault = anyFault(random, size);
  const isEmptying = fault.kind === 'empty' || fault.kind === 'flush';
  return random.chance(isEmptying ? 0.6 : 0.15) ? { ...fault, onDecision: random.between(1, 4) } : fault;
}

/** How often all data go: without replicas nothing else loses anything. */
const EMPTYING = { alone: 0.4, replicated: 0.1 } as const;

function anyFault(random: Random, size: Size): Fault {
  const atMs = random.between(300, 9_000);
  const kind = random.next();
  if (size.replicas > 0 && kind < 0.2) return move(random, atMs);
  const full = 1 - (size.replicas > 0 ? EMPTYING.replicated : EMPTYING.alone);
  if (kind > full) return emptying(random, atMs);
  if (kind > full - 0.04)
    return {
      kind: 'clock',
      atMs,
      targets: [serverTarget(random, size)],
      stepMs: random.pick(CLOCK_STEPS_MS),
    };
  return ailment(random, atMs, machineOf(random, size), size);
}

/** Two faults that promise (b) covers: a gateway, or all of them, and a server fail at about the same time. */
export function doubleFault(random: Random, size: Size): readonly Fault[] {
  const atMs = random.between(300, 9_000);
  const nearby = Math.max(0, atMs + random.between(-1_000, 1_500));
  const kind = random.next();
  if (kind < 0.4) {
    const before = Math.max(0, atMs - random.between(0, 1_500));
    return [together(random, atMs, size), weakness(random, before, size)];
  }
  if (kind < 0.68) return [move(random, atMs), ailment(random, nearby, gatewaysOf(random, size), size)];
  const server = random.chance(0.75) ? MASTER : serverTarget(random, size);
  const others = random.chance(0.75) ? gatewaysOf(random, size) : [sentinelTarget(random)];
  return [ailment(random, atMs, [server], size), ailment(random, nearby, others, size)];
}

/** The master and gateways fail as one, as a machine or a rack that holds them does. */
function together(random: Random, atMs: number, size: Size): Fault {
  const targets = [
    MASTER,
    ...gatewaysOf(random, size),
    ...(random.chance(0.3) ? [sentinelTarget(random)] : []),
  ];
  const time = random.chance(0.2) ? {} : { lastsMs: lasting(random) };
  const kind = random.pick(['kill', 'kill', 'kill', 'unplug', 'freeze', 'cut', 'cut'] as const);
  return kind === 'cut'
    ? { kind, atMs, targets, ...time, direction: random.pick(DIRECTIONS) }
    : { kind, atMs, targets, ...time };
}

/** Something that kills nobody, and makes it count what was replicated: replicas behind, or a Sentinel that is away. */
function weakness(random: Random, atMs: number, size: Size): Fault {
  const replicas = Array.from(
    { length: size.replicas },
    (_, i) => ({ part: 'server', index: i + 1 }) as const,
  );
  const time = { atMs, lastsMs: lasting(random) };
  if (random.chance(0.8)) {
    const targets = random.chance(0.75) ? replicas : [random.pick(replicas)];
    return { kind: 'lag', ...time, targets, delayMs: random.pick(DELAYS_MS.slice(1)) };
  }
  return { kind: random.pick(['freeze', 'unplug'] as const), ...time, targets: [sentinelTarget(random)] };
}

/** The master has nothing any more: it is started again without its data, or somebody deletes them. */
function emptying(random: Random, atMs: number): Fault {
  if (random.chance(0.4)) return { kind: 'flush', atMs, targets: [MASTER] };
  return { kind: 'empty', atMs, lastsMs: random.between(5, 700), targets: [MASTER] };
}

function move(random: Random, atMs: number): Fault {
  return { kind: 'move', atMs, targets: [sentinelTarget(random)] };
}

/** What one process, or one machine, may suffer. */
function ailment(random: Random, atMs: number, targets: readonly Target[], size: Size): Fault {
  const isServer = targets.some(({ part }) => part === 'server' || part === 'master');
  const lastsMs = lasting(random);
  // A server without replicas has to come back.
  const time = random.chance(0.2) && !(isServer && size.replicas === 0) ? {} : { lastsMs };
  const base = { atMs, targets, ...time };
  const kind = random.pick([
    'freeze',
    'kill',
    'unplug',
    'cut',
    'cut',
    'cut',
    'slow',
    ...(isServer ? ['lag'] : []),
  ]);
  switch (kind) {
    case 'cut': {
      const from = random.chance(0.5) ? { from: someOf(random, size) } : {};
      return { kind, ...base, direction: random.pick(DIRECTIONS), ...from };
    }
    case 'slow':
    case 'lag':
      return { kind, ...base, delayMs: random.pick(DELAYS_MS) };
    default:
      return { kind: kind as 'freeze' | 'kill' | 'unplug', ...base };
  }
}

function lasting(random: Random): number {
  const kind = random.next();
  if (kind < 0.35) return random.between(50, 1_200);
  return kind < 0.75 ? random.between(1_200, 6_000) : random.between(6_000, 25_000);
}

function serverTarget(random: Random, { replicas }: Size): Target {
  return { part: 'server', index: random.between(0, replicas) };
}

function sentinelTarget(random: Random): Target {
  return { part: 'sentinel', index: random.between(0, SENTINELS - 1) };
}

/** Some gateways, or all. */
function gatewaysOf(random: Random, { gateways }: Size): readonly Target[] {
  const all = partsOf('gateway', gateways);
  return random.chance(0.5) ? all : random.shuffled(all).slice(0, random.between(1, gateways));
}

/** One process, or a machine that holds several: a server and a Sentinel, or a gateway beside a replica. */
function machineOf(random: Random, size: Size): readonly Target[] {
  const kind = random.next();
  const gateway: Target = { part: 'gateway', index: random.between(0, size.gateways - 1) };
  if (kind < 0.35) return [MASTER];
  if (kind < 0.6) return [gateway];
  if (kind < 0.68) return [sentinelTarget(random)];
  if (kind < 0.82 && size.replicas > 0) return [MASTER, sentinelTarget(random)];
  const server = serverTarget(random, size);
  if (kind < 0.9 || size.replicas === 0) return [server];
  return random.chance(0.5) ? [server, sentinelTarget(random)] : [server, sentinelTarget(random), gateway];
}

/** Those that one is cut off from: all of a kind or two, or anybody. */
function someOf(random: Random, { gateways, replicas }: Size): readonly Target[] {
  const kinds = [
    partsOf('server', replicas + 1),
    partsOf('sentinel', SENTINELS),
    partsOf('gateway', gateways),
  ];
  if (random.chance(0.6)) return random.shuffled(kinds).slice(0, random.between(1, 2)).flat();
  const all = kinds.flat();
  return random.shuffled(all).slice(0, random.between(1, all.length - 1));
}

function partsOf(part: 'gateway' | 'server' | 'sentinel', count: number): readonly Target[] {
  return Array.from({ length: count }, (_, index) => ({ part, index }));
}
