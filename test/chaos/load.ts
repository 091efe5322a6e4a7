import { setTimeout as sleep } from 'node:timers/promises';
import { mint } from '../support/signin.ts';
import type { Random } from '../support/random.ts';
import type { Base } from './patience.ts';
import { signIn } from './sign-in.ts';
import type { SignInSettings } from './sign-in.ts';

/** How much goes on at once. */
export interface Rates {
  readonly signInsPerSecond: number;
  /** Tickets minted at each gateway only to see whether it writes. */
  readonly pulsesPerSecond: number;
  /**
   * How many sign-ins may go on at once: no more begin until one has ended. Where it is absent they begin whatever became of those
   * before, and a machine that cannot carry them is left with nothing but repeated requests.
   */
  readonly openMax?: number;
}

/** Sign-ins that begin all the time, and a pulse of bare mints at each gateway, until told to stop. */
export interface Load {
  /** How many sign-ins have begun. */
  begun(): number;
  /** Begins so many sign-ins at once. */
  burst(count: number): void;
  /** No more begins. Waits for those that have begun, no longer than this; returns how many are still going on. */
  finish(withinMs: number): Promise<number>;
}

const PULSE_LIMIT_MS = 4000;

/** Starts it. */
export function startLoad(settings: SignInSettings, rates: Rates, random: Random): Load {
  const open = new Set<Promise<void>>();
  let begun = 0;
  const begin = (): void => {
    begun += 1;
    const run = signIn(settings, random.fork())
      .catch((error: unknown) => settings.chronicle.end(`broke: ${String(error)}`))
      .finally(() => open.delete(run));
    open.add(run);
  };
  const pulse = (base: Base): void => {
    const run = beat(settings, base).finally(() => open.delete(run));
    open.add(run);
  };
  const timers = [
    every(rates.signInsPerSecond, () => {
      if (open.size < (rates.openMax ?? Number.POSITIVE_INFINITY)) begin();
    }),
    ...settings.bases.map((base) => every(rates.pulsesPerSecond, () => pulse(base))),
  ];
  return {
    begun: () => begun,
    burst: (count) => {
      for (let left = count; left > 0; left -= 1) begin();
    },
    finish: async (withinMs) => {
      for (const timer of timers) clearInterval(timer);
      const end = performance.now() + withinMs;
      while (open.size > 0 && performance.now() < end) await sleep(20);
      return open.size;
    },
  };
}

/** 0 times a second is never. */
function every(timesPerSecond: number, work: () => void): NodeJS.Timeout | undefined {
  return timesPerSecond === 0 ? undefined : setInterval(work, 1000 / timesPerSecond);
}

/** One mint, never repeated: it shows whether this gateway writes, and must stand once it was answered. */
async function beat({ chronicle, redirectUri, pulses }: SignInSettings, base: Base): Promise<void> {
  const { gateway, url } = base;
  const late = sleep(PULSE_LIMIT_MS, undefined);
  const ticket = await Promise.race([mint(url, { redirectUri }).catch(() => undefined), late]);
  if (ticket === undefined) return;
  const { ticketId, notice } = ticket;
  chronicle.acknowledge({ ticketId, status: 'pending', by: 'a pulse', gateway, cursor: notice.cursor });
  pulses.push(ticket);
}
