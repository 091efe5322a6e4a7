import { randomInt } from 'node:crypto';

/** A source of randomness that a seed repeats. */
export interface Random {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
  /** A source of its own for another actor, so what one draws does not move what others draw. */
  fork(): Random;
}

/** Mulberry32: small, fast, and good enough to choose what a test does. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    seed,
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[between(0, choices.length - 1)]!;
    },
    shuffled: (items) => {
      const result = [...items];
      for (let last = result.length - 1; last > 0; last -= 1) {
        const other = between(0, last);
        [result[last], result[other]] = [result[other]!, result[last]!];
      }
      return result;
    },
    fork: () => randomFrom(between(0, 2 ** 32 - 1)),
  };
}

/** The seed of this run: `SCANGATE_TEST_SEED`, else a new one. */
export function testSeed(): number {
  const given = process.env['SCANGATE_TEST_SEED'];
  return given === undefined ? randomInt(2 ** 32) : Number(given) >>> 0;
}

/** The body of a test that draws from a seed; its failure says which, so that it can be repeated. */
export function seeded(body: (random: Random) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const seed = testSeed();
    try {
      await body(randomFrom(seed));
    } catch (error) {
      const note = `\n(repeat with SCANGATE_TEST_SEED=${seed})`;
      if (error instanceof Error) {
        error.message += note;
        error.stack = (error.stack ?? '') + note;
        throw error;
      }
      throw new Error(`${String(error)}${note}`, { cause: error });
    }
  };
}

/** How many rounds a test makes: a sample, or all with `npm run test:long`. */
export function rounds(sample: number, full: number): number {
  return process.env['SCANGATE_TEST_LONG'] === '1' ? full : sample;
}
