import { quantileOf } from './quantile.ts';
import type { Counts, Sample, UpstreamCounts } from './sample.ts';

/** Between two samples that are kept, in milliseconds. */
export const SAMPLE_MS = 10_000;
/** How far back the history goes, in milliseconds. */
export const HISTORY_MS = 3_600_000;
const SAMPLES_MAX = HISTORY_MS / SAMPLE_MS + 1;

/** What happened between two samples. */
export interface Point {
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly minted: number;
  readonly redeemed: number;
  readonly refused: number;
  /** Browsers that waited at its end, by transport. */
  readonly waiting: Counts;
  /** How late 99 of 100 browsers heard at most, in milliseconds; null: none was told anything. */
  readonly p99_ms: number | null;
}

/** The difference of two samples. */
export interface Stretch {
  readonly ms: number;
  readonly tickets: Counts;
  readonly refusals: Counts;
  readonly security: Counts;
  readonly lag: Counts;
  readonly upstreams: Readonly<Record<string, UpstreamCounts>>;
}

/** The last hour of a node, in memory and bounded. */
export class History {
  readonly #samples: Sample[] = [];

  /** Keeps a sample. */
  keep(sample: Sample): void {
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** The points of the past, the oldest first. */
  points(): readonly Point[] {
    return this.#samples.slice(1).map((sample, index) => pointOf(this.#samples[index] as Sample, sample));
  }

  /** The point that is not at its end yet. */
  current(now: Sample): Point {
    return pointOf(this.#samples.at(-1) ?? now, now);
  }

  /** What happened in the last so many milliseconds, or since the process began. */
  stretch(now: Sample, ms: number): Stretch {
    const first = this.#samples.find(({ at }) => at >= now.at - ms - SAMPLE_MS) ?? now;
    return {
      ms: now.at - first.at,
      tickets: minus(now.tickets, first.tickets),
      refusals: minus(now.refusals, first.refusals),
      security: minus(now.security, first.security),
      lag: minus(now.lag, first.lag),
      upstreams: Object.fromEntries(
        Object.entries(now.upstreams).map(([name, counts]) => [
          name,
          callsBetween(counts, first.upstreams[name]),
        ]),
      ),
    };
  }
}

function pointOf(before: Sample, after: Sample): Point {
  const tickets = minus(after.tickets, before.tickets);
  const p99 = quantileOf(minus(after.lag, before.lag), 0.99);
  return {
    at: after.at,
    minted: tickets['minted'] ?? 0,
    redeemed: tickets['redeemed'] ?? 0,
    refused: sumOf(minus(after.refusals, before.refusals)),
    waiting: after.waiting,
    p99_ms: p99 === undefined ? null : Math.round(p99 * 10_000) / 10,
  };
}

function minus(after: Counts, before: Counts): Counts {
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

function callsBetween(
  after: UpstreamCounts,
  { calls, failed, seconds }: UpstreamCounts = { calls: 0, failed: 0, seconds: 0 },
): UpstreamCounts {
  return {
    calls: after.calls - calls,
    failed: after.failed - failed,
    seconds: after.seconds - seconds,
  };
}

/** All of them together. */
export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
