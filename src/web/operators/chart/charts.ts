import { Chart, scaleCount } from './chart.ts';
import type { ChartData } from './chart.ts';
import { byId } from '../element.ts';
import type { Point } from '../picture.ts';
import { durationText } from '../text.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Half of a point's seconds: it belongs to the minute that its middle is in. */
const HALF_POINT_MS = 5000;

/** The last hour in three charts. */
export class Charts {
  readonly #points = new Map<number, Point>();
  #current: Point | undefined;
  readonly #rate = chartIn('rate', {
    kind: 'bars',
    label: 'Sign-ins a minute on this node',
    least: 4,
    textOf: scaleCount,
    height: 244,
  });
  readonly #waiting = chartIn('waiting', {
    kind: 'lines',
    label: 'Browsers that wait on this node',
    least: 4,
    textOf: scaleCount,
    height: 168,
  });
  readonly #delivery = chartIn('delivery', {
    kind: 'lines',
    label: 'How late 99 of 100 browsers hear at most',
    least: 10,
    textOf: durationText,
    height: 168,
  });

  /** Begins anew with what was before. */
  begin(points: readonly Point[]): void {
    this.#points.clear();
    for (const point of points) this.#points.set(point.at, point);
  }

  /** Adds what is new: the point that ended last, and the one that goes on. */
  add(points: readonly Point[], now: number): void {
    this.#current = points[points.length - 1];
    for (const point of points.slice(0, -1)) this.#points.set(point.at, point);
    for (const at of this.#points.keys()) if (at < now - HOUR_MS - MINUTE_MS) this.#points.delete(at);
    const all = [...this.#points.values(), ...(this.#current === undefined ? [] : [this.#current])];
    const minute = Math.floor(now / MINUTE_MS + 1) * MINUTE_MS;
    this.#rate.show(minutesOf(all, minute), minute);
    const times = all.map(({ at }) => at);
    const series = TRANSPORTS.map(([transport, name]) => ({
      name,
      values: all.map(({ waiting }) => waiting[transport] ?? 0),
    }));
    this.#waiting.show({ times, series }, now);
    this.#delivery.show({ times, series: [{ name: 'p99', values: all.map(({ p99_ms }) => p99_ms) }] }, now);
  }
}

const TRANSPORTS = [
  ['sse', 'event stream'],
  ['poll', 'long poll'],
  ['socket', 'WebSocket'],
] as const;

function chartIn(id: string, look: ConstructorParameters<typeof Chart>[2]): Chart {
  return new Chart(byId(`chart-${id}`), byId(`chart-${id}-legend`), look);
}

/** Whole minutes of the clock, the one that goes on at the end. */
function minutesOf(points: readonly Point[], end: number): ChartData {
  const minutes = Array.from({ length: 60 }, (_, index) => end - (59 - index) * MINUTE_MS);
  const sum = (of: (point: Point) => number, until: number): number =>
    points
      .filter(({ at }) => at - HALF_POINT_MS >= until - MINUTE_MS && at - HALF_POINT_MS < until)
      .reduce((all, point) => all + of(point), 0);
  return {
    times: minutes,
    series: [
      { name: 'begun', values: minutes.map((until) => sum(({ minted }) => minted, until)) },
      { name: 'signed in', values: minutes.map((until) => sum(({ redeemed }) => redeemed, until)) },
    ],
  };
}
