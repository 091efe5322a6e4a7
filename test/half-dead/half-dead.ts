import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { COLLECTING, holdingOf, holdingWithoutGarbage } from '../fuzz/growth.ts';
import type { Holding } from '../fuzz/growth.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { peers } from '../support/peer-ports.ts';
import { s256 } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { beginAttack } from './attack.ts';
import type { Attack } from './attack.ts';
import { addressOf } from './attackers.ts';
import type { AttackPlan } from './attackers.ts';
import { countsAt, spreadOf, sumOf, watchCounts } from './census.ts';
import type { Counts } from './census.ts';
import { Client } from './client.ts';
import { KINDS } from './kinds.ts';
import type { Target } from './kinds.ts';
import { signInAtAPace } from './owner.ts';

/** How much is played. */
export interface HalfDeadOptions {
  /** How many stand at one time; with 0 there is no attack, and the same sign-ins show what those alone leave behind. */
  readonly connections: number;
  /** Loopback addresses that they come from. */
  readonly addresses: number;
  /** How often a round without them and one with them are played, in turn. */
  readonly rounds: number;
  /** How long a round is, in seconds. */
  readonly seconds: number;
  /** Sign-ins of the owner a second. */
  readonly pace: number;
  /** For how many seconds after the last round they hold on to what they have, and open nothing more. */
  readonly quiet: number;
}

/** The owner's sign-ins, with or without the attack. */
export interface Times {
  readonly signIns: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the gateway meanwhile, in milliseconds: what a busy machine does not change. */
  readonly cpuMs: number;
  readonly failures: readonly string[];
}

/** What came of it. */
export interface HalfDeadResult {
  readonly without: Times;
  readonly with: Times;
  /** Connections of the gateway by its own count, once a second in all rounds without them, and in all rounds with them. */
  readonly standing: { readonly without: Standing; readonly with: Standing };
  /** Connections that were opened in all, and what the gateway held of them at the end of the last round, by kind. */
  readonly opened: number;
  readonly held: Readonly<Record<string, number>>;
  /** The same after they had been quiet. */
  readonly heldAfterQuiet: Readonly<Record<string, number>>;
  /** What the process holds before the first attack, in the midst of the last (with its garbage), and after it. */
  readonly before: Holding;
  readonly during: Holding;
  readonly after: Holding;
  /** How long after the attackers were gone that was, in milliseconds. */
  readonly backMs: number;
}

type Standing = ReturnType<typeof spreadOf>;

const WARM_UP_MS = 15_000;
/** Until all stand; where they never do, it is played with those that do, and found. */
const STAND_WITHIN_MS = 10_000;
const STAND_WITHIN_MS_EACH = 16;
/** They are opened as fast as they are accepted: what still waits to be is let in before anybody's time is taken. */
const SETTLED_MS = 4000;
const READY_WITHIN_MS = 120_000;
const BACK_WITHIN_MS = 60_000;
/** What a process that goes on working may hold more than before: connections of the owner, tickets, and a heap’s reserve. */
export const DESCRIPTORS_MORE = 16;
export const MEMORY_MORE = 64 * 1024 * 1024;

/** Plays it against a gateway of its own, whose settings are the default ones. */
export async function playHalfDead(
  options: HalfDeadOptions,
  tell: (progress: string) => void,
): Promise<HalfDeadResult> {
  const admin = `127.0.0.1:${await freePort()}`;
  const gateway = await startGateway({
    withinMs: READY_WITHIN_MS,
    env: {
      SCANGATE_LIMITS: 'on',
      SCANGATE_ADMIN_LISTEN: admin,
      // A disk that others keep busy is not what is looked at.
      SCANGATE_STORE_TIMEOUT: 'PT1M',
      ...COLLECTING,
    },
  });
  let attack: Attack | undefined;
  const owners = { without: newOwned(), with: newOwned() };
  const signIn = async (to: Owned, forMs = options.seconds * 1000): Promise<void> => {
    const cpuBefore = await cpuMsOf(gateway.pid);
    const watch = watchCounts(`http://${admin}`, (counts) => void to.looks.push(counts));
    const { tookMs, failures } = await signInAtAPace(gateway.port, options.pace, forMs);
    await watch.stop();
    to.cpuMs += (await cpuMsOf(gateway.pid)) - cpuBefore;
    to.tookMs.push(...tookMs);
    to.failures.push(...failures);
  };
  try {
    tell('warm-up');
    await signIn(newOwned(), Math.min(WARM_UP_MS, 1000 * options.seconds));
    const before = await holdingWithoutGarbage(gateway);
    let opened = 0;
    let last = { during: before, held: {} as HalfDeadResult['held'] };
    for (let round = 1; round <= options.rounds; round += 1) {
      await attack?.leave();
      if (attack !== undefined) await comeBack(gateway, before, options.pace);
      tell(`round ${round} of ${options.rounds}, without`);
      await signIn(owners.without);
      tell(`round ${round} of ${options.rounds}, with`);
      if (options.connections > 0) attack = await beginAttack(await planOf(gateway, options));
      const attacking = watchCounts(`http://${admin}`, (counts) => void attack?.hold(sumOf(counts)));
      await until(async () => sumOf(await countsAt(`http://${admin}`)) >= options.connections, {
        withinMs: STAND_WITHIN_MS + STAND_WITHIN_MS_EACH * options.connections,
        everyMs: 500,
      }).catch(() => tell('not all stand'));
      await sleep(SETTLED_MS);
      await signIn(owners.with);
      await attacking.stop();
      opened += (await attack?.look())?.opened ?? 0;
      last = { during: await holdingOf(gateway.pid), held: await heldOf(gateway, attack) };
    }
    tell(`quiet for ${options.quiet} s`);
    await attack?.rest();
    await sleep(options.quiet * 1000);
    const heldAfterQuiet = await heldOf(gateway, attack);
    await attack?.leave();
    tell('gone');
    const { after, backMs } = await comeBack(gateway, before, options.pace);
    const [without, others] = [timesOf(owners.without), timesOf(owners.with)];
    const standing = { without: spreadOf(owners.without.looks), with: spreadOf(owners.with.looks) };
    return { without, with: others, standing, opened, ...last, heldAfterQuiet, before, after, backMs };
  } finally {
    await attack?.leave();
    await gateway.stop();
  }
}

interface Owned {
  readonly tookMs: number[];
  readonly failures: string[];
  readonly looks: Counts[];
  cpuMs: number;
}

const newOwned = (): Owned => ({ tookMs: [], failures: [], looks: [], cpuMs: 0 });

/** CPU time that a process has used, in its own code and in the kernel (Linux, whose ticks are hundredths of a second). */
async function cpuMsOf(pid: number): Promise<number> {
  const [, fields = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return (user! + system!) * 10;
}

function timesOf({ tookMs, failures, cpuMs }: Owned): Times {
  const sorted = tookMs.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return { signIns: sorted.length + failures.length, p50Ms: at(0.5), p99Ms: at(0.99), cpuMs, failures };
}

/** Each address has a ticket of its own, whose streams and sockets it holds. */
async function planOf({ port }: Gateway, { connections, addresses }: HalfDeadOptions): Promise<AttackPlan> {
  const targets: Target[] = [];
  for (let index = 0; index < addresses; index += 1) {
    const client = new Client(port, addressOf(index));
    const challenge = {
      code_challenge: s256(randomBytes(32).toString('base64url')),
      code_challenge_method: 'S256',
    };
    const asked = {
      client_id: 'demo',
      redirect_uri: `http://localhost:${port}/demo/callback`,
      binding: 'bearer',
    };
    const ticket = await client.post<{ readonly ticket_id: string; readonly browser_secret: string }>(
      '/v1/tickets',
      201,
      { json: { ...asked, ...challenge } },
    );
    client.close();
    targets.push({ port, ticketId: ticket.ticket_id, secret: ticket.browser_secret });
  }
  return { port, connections, targets };
}

async function heldOf(
  { pid }: Gateway,
  attack: Attack | undefined,
): Promise<Readonly<Record<string, number>>> {
  if (attack === undefined) return {};
  const [{ ends }, held] = await Promise.all([attack.look(), peers(pid)]);
  const count = (name: string): number => (ends[name] ?? []).filter((end) => held.has(end)).length;
  return Object.fromEntries(KINDS.map(({ name }) => [name, count(name)]));
}

/** Signs in until the process holds about as much as before, for a minute at most. */
async function comeBack(
  gateway: Gateway,
  before: Holding,
  pace: number,
): Promise<{ readonly after: Holding; readonly backMs: number }> {
  const begun = performance.now();
  for (;;) {
    const after = await holdingWithoutGarbage(gateway);
    const backMs = performance.now() - begun;
    const isBack =
      after.descriptors <= before.descriptors + DESCRIPTORS_MORE &&
      after.memory <= before.memory + MEMORY_MORE;
    if (isBack || backMs > BACK_WITHIN_MS) return { after, backMs };
    await signInAtAPace(gateway.port, pace, 500);
  }
}
