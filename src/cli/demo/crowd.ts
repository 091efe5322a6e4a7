import { setTimeout as sleep } from 'node:timers/promises';
import { NotPlayed } from './not-played.ts';
import { Person } from './person.ts';
import { beginSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';

/** A sign-in begins this often, in milliseconds. */
const BEGIN_EVERY_MS = 125;
/** How many may be under way at once. */
const UNDER_WAY_MAX = 200;
const LOOK_EVERY_MS = 20;
/** Longer than a person is patient, besides the time in which they begin. */
const WAIT_MAX_MS = 120_000;

/** People who sign in, one after another, until they are told to stop. */
export class Crowd {
  /** Every sign-in that began, in that order. */
  readonly signIns: SignIn[] = [];
  /** Index of the act that plays now. */
  act = 0;
  readonly #gateways: readonly string[];
  readonly #people: Person[] = [];
  readonly #begun: Promise<void>[] = [];
  #stops = false;

  /** @param gateways their addresses; the first one is the public address. */
  constructor(gateways: readonly string[]) {
    this.#gateways = gateways;
  }

  /** Lets them begin; resolves once all have ended. Whoever is told what makes no sense gives up. */
  async run(): Promise<void> {
    while (!this.#stops) {
      if (this.underWay < UNDER_WAY_MAX) {
        const signIn = beginSignIn(this.act);
        const person = new Person(this.signIns.push(signIn), this.#gateways, signIn);
        this.#people.push(person);
        this.#begun.push(person.act().catch(() => void (signIn.ending = 'gave up')));
      }
      await sleep(BEGIN_EVERY_MS);
    }
    await Promise.all(this.#begun);
  }

  get underWay(): number {
    return this.signIns.filter(({ ending }) => ending === undefined).length;
  }

  get signedIn(): number {
    return this.signIns.filter(({ ending }) => ending === 'signed in').length;
  }

  /** When a gateway last said yes to anybody, by `performance.now()`. */
  get lastYesMs(): number {
    return Math.max(0, ...this.signIns.map(({ acknowledged }) => acknowledged.at(-1)?.atMs ?? 0));
  }

  /** Resolves once so many sign-ins that begin from now on have ended. @throws NotPlayed */
  async ended(count: number): Promise<void> {
    const first = this.signIns.length;
    const withinMs = WAIT_MAX_MS + count * BEGIN_EVERY_MS;
    const end = performance.now() + withinMs;
    while (this.signIns.slice(first).filter(({ ending }) => ending !== undefined).length < count) {
      if (performance.now() > end)
        throw new NotPlayed(`${count} sign-ins did not end within ${Math.round(withinMs / 1000)} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Nobody begins any more; `run` resolves once those who did have ended. */
  stop(): void {
    this.#stops = true;
  }

  /** Nobody begins any more, and those who did give up. */
  abandon(): void {
    this.stop();
    for (const person of this.#people) person.leave();
  }
}
