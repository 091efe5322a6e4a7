import { roundAbove } from './scale.ts';
import { clockText, countText } from '../text.ts';

/** One series of a chart: a value for each time; null: there was none. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** What a chart shows. */
export interface ChartData {
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

export interface ChartLook {
  readonly kind: 'bars' | 'lines';
  /** What one chart is called for those who do not see it. */
  readonly label: string;
  /** The top of the scale where all values are smaller. */
  readonly least: number;
  readonly textOf: (value: number) => string;
  /** Pixels. */
  readonly height: number;
}

const SVG = 'http://www.w3.org/2000/svg' as const;
const LEFT = 52;
const RIGHT = 6;
const TOP = 10;
const BOTTOM = 22;
const SPAN_MS = 3_600_000;
const QUARTER_MS = 900_000;

/** Draws the last hour as SVG. What the pointer is over is said in the legend. */
export class Chart {
  readonly #host: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #look: ChartLook;
  #data: ChartData = { times: [], series: [] };
  #now = 0;
  #pointedAt: number | undefined;

  /** @param host has room for the picture; its legend stands in `<id>-legend`. */
  constructor(host: HTMLElement, legend: HTMLElement, look: ChartLook) {
    this.#host = host;
    this.#legend = legend;
    this.#look = look;
    host.addEventListener('pointermove', (event) => this.#point(event));
    host.addEventListener('pointerleave', () => this.#leave());
    new ResizeObserver(() => this.#draw()).observe(host);
  }

  /** Shows other data. @param now the right end, in milliseconds since the epoch. */
  show(data: ChartData, now: number): void {
    this.#data = data;
    this.#now = now;
    this.#draw();
  }

  get #width(): number {
    return Math.max(220, this.#host.clientWidth);
  }

  #x(at: number): number {
    return LEFT + ((at - (this.#now - SPAN_MS)) / SPAN_MS) * (this.#width - LEFT - RIGHT);
  }

  #draw(): void {
    if (this.#now === 0) return;
    const { series } = this.#data;
    const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
    const top = roundAbove(most, this.#look.least);
    const y = (value: number): number => TOP + (1 - value / top) * (this.#look.height - TOP - BOTTOM);
    const root = svg('svg', {
      viewBox: `0 0 ${this.#width} ${this.#look.height}`,
      width: `${this.#width}`,
      height: `${this.#look.height}`,
      role: 'img',
      'aria-label': `${this.#look.label}: ${this.#said(most)}`,
    });
    root.append(...this.#grid(top, y));
    series.forEach((one, index) => root.append(...this.#drawn(one, index, y)));
    const pointed = this.#pointed();
    if (pointed !== undefined) {
      const x = this.#x(this.#data.times[pointed] ?? 0);
      root.append(
        svg('line', {
          class: 'rule',
          x1: `${x}`,
          x2: `${x}`,
          y1: `${TOP}`,
          y2: `${this.#look.height - BOTTOM}`,
        }),
      );
    }
    this.#host.replaceChildren(root);
    this.#tell(pointed ?? this.#data.times.length - 1, pointed !== undefined);
  }

  #said(most: number): string {
    const last = this.#data.series.map(({ name, values }) => {
      const value = values[values.length - 1] ?? null;
      return `${name} ${value === null ? 'none' : this.#look.textOf(value)}`;
    });
    return `now ${last.join(', ')}; at most ${this.#look.textOf(most)} in the last hour`;
  }

  #grid(top: number, y: (value: number) => number): SVGElement[] {
    const right = `${this.#width - RIGHT}`;
    const lines = [0, top / 2, top].flatMap((value) => [
      svg('line', { class: 'grid', x1: `${LEFT}`, x2: right, y1: `${y(value)}`, y2: `${y(value)}` }),
      label(LEFT - 6, y(value) + 4, 'end', this.#look.textOf(value)),
    ]);
    const first = Math.ceil((this.#now - SPAN_MS) / QUARTER_MS) * QUARTER_MS;
    const times = [0, 1, 2, 3, 4]
      .map((index) => first + index * QUARTER_MS)
      .filter((at) => at <= this.#now && this.#x(at) < this.#width - 20 && this.#x(at) > LEFT + 8)
      .map((at) => label(this.#x(at), this.#look.height - 5, 'middle', clockText(at)));
    return lines.concat(times);
  }

  #drawn({ values }: Series, index: number, y: (value: number) => number): SVGElement[] {
    return this.#look.kind === 'bars' ? this.#bars(values, index, y) : this.#lines(values, index, y);
  }

  #bars(values: readonly (number | null)[], index: number, y: (value: number) => number): SVGElement[] {
    const wide = Math.max(1.5, (this.#width - LEFT - RIGHT) / 60 - 1.5);
    return values.flatMap((value, place) => {
      const at = this.#data.times[place] ?? 0;
      if (value === null || value <= 0 || this.#x(at) - wide < LEFT - 1) return [];
      const height = y(0) - y(value);
      return [
        svg('rect', {
          class: `series-${index}`,
          x: `${this.#x(at) - wide}`,
          y: `${y(value)}`,
          width: `${wide}`,
          height: `${height}`,
          rx: `${Math.min(1.5, height / 2)}`,
        }),
      ];
    });
  }

  #lines(values: readonly (number | null)[], index: number, y: (value: number) => number): SVGElement[] {
    let path = '';
    let isDown = false;
    values.forEach((value, place) => {
      const at = this.#data.times[place] ?? 0;
      if (value === null || this.#x(at) < LEFT) {
        isDown = false;
        return;
      }
      // A value that stands alone is a dot.
      path += `${isDown ? 'L' : 'M'}${this.#x(at).toFixed(1)} ${y(value).toFixed(1)}${isDown ? '' : 'h0.01'}`;
      isDown = true;
    });
    return path === '' ? [] : [svg('path', { class: `line series-${index}`, d: path })];
  }

  #pointed(): number | undefined {
    const pointed = this.#pointedAt;
    if (pointed === undefined) return undefined;
    const { times } = this.#data;
    let nearest: number | undefined;
    times.forEach((at, index) => {
      const isNearer =
        nearest === undefined ||
        Math.abs(this.#x(at) - pointed) < Math.abs(this.#x(times[nearest] ?? 0) - pointed);
      if (isNearer && this.#x(at) >= LEFT) nearest = index;
    });
    return nearest;
  }

  #point(event: PointerEvent): void {
    this.#pointedAt = event.clientX - this.#host.getBoundingClientRect().left;
    this.#draw();
  }

  #leave(): void {
    this.#pointedAt = undefined;
    this.#draw();
  }

  #tell(index: number, isPast: boolean): void {
    const at = this.#data.times[index];
    const rows = this.#data.series.map(({ name, values }, place) => {
      const value = values[index] ?? null;
      const row = document.createElement('span');
      row.className = `key series-${place}`;
      row.textContent = `${name} ${value === null ? '–' : this.#look.textOf(value)}`;
      return row;
    });
    const when = document.createElement('span');
    when.className = 'when';
    when.textContent = isPast && at !== undefined ? clockText(at, this.#look.kind === 'lines') : 'now';
    this.#legend.replaceChildren(...rows, when);
  }
}

function svg(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function label(x: number, y: number, anchor: string, text: string): SVGElement {
  const made = svg('text', { x: `${x}`, y: `${y}`, 'text-anchor': anchor });
  made.textContent = text;
  return made;
}

/** A count on a scale. */
export function scaleCount(value: number): string {
  return Number.isInteger(value) ? countText(value) : value.toFixed(1);
}
