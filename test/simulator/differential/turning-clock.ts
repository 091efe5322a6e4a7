/** How many readings of the clock one call makes at most. */
const READINGS_MAX = 9;

/** How many milliseconds are tried at either end of a long call, which a machine held up in its middle. */
const EDGE_MS = 3;

/** What a clock shows at one reading after another; the last one stays. */
export type Readings = readonly number[];

/**
 * The simulated server's clock in a comparison. A real server's clock was looked at before and after a call; where a
 * millisecond began between the two, nobody knows between which of the call's own readings.
 */
export class TurningClock {
  #readings: Readings = [0];
  #at = 0;

  /** The instant now, once more. */
  readonly now = (): number => {
    const instant = this.#readings[Math.min(this.#at, this.#readings.length - 1)] as number;
    this.#at++;
    return instant;
  };

  set(readings: Readings): void {
    this.#readings = readings;
    this.#at = 0;
  }
}

/** Every way in which a clock may have gone from one instant to the other while a call read it. */
export function* readingsBetween(before: number, after: number): Generator<Readings> {
  const [from, till] = [Math.floor(before), Math.floor(after)];
  if (from === till) return yield [before];
  const instants: number[] = [];
  for (let ms = from; ms <= till; ms++) if (ms < from + EDGE_MS || ms > till - EDGE_MS) instants.push(ms);
  yield* inSteps([], instants);
}

/** All rising readings with at most three instants, the simplest first. */
function* inSteps(begun: Readings, instants: readonly number[], steps = 3): Generator<Readings> {
  for (const instant of instants) yield [...begun, instant];
  if (steps === 1) return;
  for (const [i, instant] of instants.slice(0, -1).entries()) {
    for (let times = 1; begun.length + times < READINGS_MAX; times++) {
      yield* inSteps([...begun, ...Array<number>(times).fill(instant)], instants.slice(i + 1), steps - 1);
    }
  }
}
