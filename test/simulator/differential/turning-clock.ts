/** How many readings of the clock one call makes at most. */
const READINGS_MAX = 9;

/** How many milliseconds are tried at either end of a long call, which a machine held up somewhere. */
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
export function* readingsBetween(
  before: number,
  after: number,
  traces: Iterable<number>,
): Generator<Readings> {
  const [from, till] = [Math.floor(before), Math.floor(after)];
  const instants = new Set([...traces].filter((ms) => ms > from && ms < till));
  for (let ms = from; ms <= till; ms++) if (ms < from + EDGE_MS || ms > till - EDGE_MS) instants.add(ms);
  yield* inSteps(
    [],
    [...instants].sort((a, b) => a - b),
  );
}

/** Instants that a call may have read: those that stand in what it left, or would with one of its arguments added. */
export function tracesIn(left: string, args: readonly string[]): Set<number> {
  const found = [...left.matchAll(/\d{13}/g)].map(([text]) => Number(text));
  const spans = [0, ...args.filter((text) => /^\d{1,6}$/.test(text)).map(Number)];
  return new Set(found.flatMap((ms) => spans.map((span) => ms - span)));
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
