import { randomFrom } from '../../support/random.ts';
import type { Random } from '../../support/random.ts';
import { doubleFault, singleFault } from './fault-choice.ts';
import type { Ending, Schedule, SignIn } from './schedule.ts';

/** How many faults a schedule has: one is judged by promise (a) of docs/failover.md, two by promise (b). */
export type FaultCount = 1 | 2;

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

/** What is promised by default is promised with `acknowledged` too while only one thing fails. */
const DURABILITIES = ['auto', 'auto', 'auto', 'replicated', 'replicated', 'acknowledged'] as const;
const ALONE = ['auto', 'auto', 'acknowledged'] as const;

/** Makes one schedule from a seed. */
export function makeSchedule(seed: number, faults: FaultCount): Schedule {
  const random = randomFrom(seed);
  const gateways = random.pick(GATEWAYS);
  const isDouble = faults === 2;
  const replicas = random.pick(isDouble ? ([1, 2, 2] as const) : ([0, 1, 1, 2, 2, 2, 2] as const));
  const durability = isDouble ? 'replicated' : random.pick(replicas > 0 ? DURABILITIES : ALONE);
  const size = { gateways, replicas };
  const played = isDouble ? doubleFault(random, size) : [singleFault(random, size)];
  const count = random.between(3, gateways > 4 ? 5 : 7);
  const at = played[0]?.atMs ?? 0;
  const isCrowd = played[0]?.onDecision !== undefined && random.chance(0.8);
  const signIns = Array.from({ length: count }, () => {
    const signIn = makeSignIn(random, at);
    return isCrowd && random.chance(0.8) ? inCrowd(random, signIn, at) : signIn;
  });
  return { seed, gateways, replicas, durability, signIns, faults: played };
}

/** Most people do something while the fault is young; the others come, think and go when they like. */
function makeSignIn(random: Random, faultAtMs: number): SignIn {
  const refreshes = random.chance(0.6) ? random.between(1, 3) : 0;
  const isMintAimed = random.chance(0.25);
  const atMs = isMintAimed ? Math.max(0, faultAtMs + random.between(-300, 20)) : random.between(0, 4_000);
  const isAimed = random.chance(0.6);
  const aim = faultAtMs + random.between(-200, 1_600);
  const scanAfterMs = isAimed ? random.between(50, 600) : pause(random);
  const decideAfterMs = isAimed ? Math.max(20, aim - atMs - scanAfterMs) : pause(random);
  return {
    atMs,
    scanAfterMs,
    decideAfterMs,
    ending: random.pick(ENDINGS),
    raceMs: random.between(0, 30),
    ...(random.chance(0.2) ? { rivalAfterMs: random.between(-20, 40) } : {}),
    redeemsTwice: random.chance(0.2),
    refreshAfterMs: Array.from({ length: refreshes }, () => random.between(50, 4_000)),
    revokes: random.chance(0.2),
    sticky: random.chance(0.4),
  };
}

/** Decides within the same few milliseconds as others, which is when a gateway has not heard yet what another wrote. */
function inCrowd(random: Random, signIn: SignIn, atMs: number): SignIn {
  const scanAfterMs = random.between(50, 600);
  const mintedAtMs = Math.max(0, atMs - random.between(700, 2_500));
  const decideAfterMs = Math.max(20, atMs + random.between(0, 12) - mintedAtMs - scanAfterMs);
  const ending = random.pick(['confirm', 'race', 'race'] as const);
  const raceMs = random.between(2, random.pick([20, 200, 900]));
  return { ...signIn, atMs: mintedAtMs, scanAfterMs, decideAfterMs, ending, raceMs };
}

/** How long people take: most are quick, some put the phone away for a while. */
function pause(random: Random): number {
  const kind = random.next();
  if (kind < 0.65) return random.between(50, 2_000);
  return kind < 0.92 ? random.between(2_000, 10_000) : random.between(10_000, 60_000);
}
