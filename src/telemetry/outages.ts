import { withoutSecrets } from './log.ts';
import type { Bulletins } from './bulletins.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Why something failed: one word of few, and the words of whoever failed, for people. */
export interface Failure {
  readonly cause: string;
  readonly why: string;
}

/** What is told of one thing that can be away. */
export interface Outage {
  /** A use of it failed. @param use which of its uses: what failed must work again before the outage is over. */
  failed(use: string, failure: Failure): void;
  /** A use of it worked. */
  worked(use: string): void;
  /** It is needed no longer: it is over, and what still becomes of its uses is told no more. */
  end(): void;
}

/** Durations in milliseconds. */
export interface OutagesOptions {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'outages' | 'outageFailures'>;
  /** A monotonic clock. */
  readonly now: () => number;
  /** Calls once, so many milliseconds from now. @returns what takes the call back. */
  readonly after: (ms: number, call: () => void) => () => void;
  /** How long nothing may have failed before an outage is over. */
  readonly quietMs: number;
  /** Where people are told of the same. */
  readonly bulletins?: Bulletins | undefined;
}

/** An outage that goes on. */
export interface Ongoing {
  readonly outage: string;
  /** Why its uses failed since it began. */
  readonly causes: readonly string[];
  /** Milliseconds since it began. */
  readonly forMs: number;
}

/** Time between two lines that count, and after which a use that nobody repeats is waited for no longer. */
const COUNTED_EVERY_MS = 60_000;
const FORGOTTEN_MS = 30_000;
const WHY_LENGTH_MAX = 300;

/**
 * A word when something is down: one line with the cause when it begins, one for each other cause, a count each minute
 * while it lasts, and one line when it is over. However many requests fail, the log stays readable.
 */
export class Outages {
  readonly #options: OutagesOptions;
  readonly #all = new Set<OneOutage>();

  constructor(options: OutagesOptions) {
    this.#options = options;
  }

  /**
   * @param name what is away, in one word of few: a label of the metrics.
   * @param more what else tells it from others of its name, for the log alone.
   * @param causes why it may be away, as far as that is known beforehand.
   */
  about(name: string, more: Readonly<Record<string, string>> = {}, causes: readonly string[] = []): Outage {
    for (const cause of causes) this.#options.metrics.outageFailures.inc({ outage: name, cause }, 0);
    const fields = { outage: name, ...more };
    const outage = new OneOutage(this.#options, name, fields, () => this.#all.delete(outage));
    this.#all.add(outage);
    return outage;
  }

  /** Those that go on, the one that began last at the end. */
  ongoing(): readonly Ongoing[] {
    return [...this.#all]
      .flatMap((outage) => outage.ongoing() ?? [])
      .toSorted((one, other) => other.forMs - one.forMs);
  }

  /** Waits for the end of none any longer. */
  close(): void {
    for (const outage of this.#all) outage.close();
  }
}

class OneOutage implements Outage {
  readonly #options: OutagesOptions;
  readonly #name: string;
  readonly #fields: Readonly<Record<string, string>>;
  readonly #failures = new Map<string, number>();
  readonly #failing = new Set<string>();
  #begunAt = 0;
  #failedAt = 0;
  #toldAt = 0;
  #workedAt = 0;
  #cancelLook: (() => void) | undefined;
  #isGone = false;
  readonly #onGone: () => void;

  constructor(
    options: OutagesOptions,
    name: string,
    fields: Readonly<Record<string, string>>,
    onGone: () => void,
  ) {
    this.#options = options;
    this.#onGone = onGone;
    this.#name = name;
    this.#fields = fields;
    options.metrics.outages.inc({ outage: name }, 0);
  }

  failed(use: string, { cause, why }: Failure): void {
    if (this.#isGone) return;
    const { log, metrics, now } = this.#options;
    metrics.outageFailures.inc({ outage: this.#name, cause });
    this.#failedAt = now();
    const isNew = this.#failing.size === 0;
    if (isNew) {
      this.#begunAt = this.#failedAt;
      metrics.outages.inc({ outage: this.#name });
    }
    this.#failing.add(use);
    const count = (this.#failures.get(cause) ?? 0) + 1;
    this.#failures.set(cause, count);
    if (count === 1) {
      const told = { ...this.#fields, cause, use, why: withoutSecrets(why).slice(0, WHY_LENGTH_MAX) };
      log.warn(told, isNew ? 'an outage began' : 'an outage has another cause');
      const title = isNew ? 'An outage began' : 'An outage has another cause';
      this.#options.bulletins?.tell('bad', `${title}: ${this.#called}, ${cause}`, told.why);
      this.#toldAt = this.#failedAt;
    } else if (this.#failedAt - this.#toldAt >= COUNTED_EVERY_MS) {
      log.warn(this.#sum(), 'an outage goes on');
      this.#toldAt = this.#failedAt;
    }
  }

  worked(use: string): void {
    if (this.#failing.size === 0) return;
    const { now, after, quietMs } = this.#options;
    const quietForMs = now() - this.#failedAt;
    if (!this.#failing.has(use) && quietForMs < FORGOTTEN_MS) return;
    this.#workedAt = now();
    // Whoever is asked seldom may not be asked again for long.
    if (quietForMs < quietMs) this.#cancelLook ??= after(quietMs - quietForMs, () => this.#look());
    else this.#tellEnd();
  }

  ongoing(): Ongoing | undefined {
    if (this.#failing.size === 0) return undefined;
    const forMs = Math.round(this.#options.now() - this.#begunAt);
    return { outage: this.#called, causes: [...this.#failures.keys()], forMs };
  }

  end(): void {
    this.close();
    if (this.#failing.size > 0) this.#tellEnd();
    this.#isGone = true;
    this.#onGone();
  }

  close(): void {
    this.#cancelLook?.();
  }

  #look(): void {
    this.#cancelLook = undefined;
    if (this.#failing.size === 0 || this.#workedAt < this.#failedAt) return;
    const { now, after, quietMs } = this.#options;
    const leftMs = quietMs - (now() - this.#failedAt);
    if (leftMs > 0) this.#cancelLook = after(leftMs, () => this.#look());
    else this.#tellEnd();
  }

  #tellEnd(): void {
    const { log, metrics } = this.#options;
    const sum = this.#sum();
    log.warn(sum, 'an outage is over');
    this.#options.bulletins?.tell('good', `An outage is over: ${this.#called}`, `after ${sum.seconds} s`);
    metrics.outages.dec({ outage: this.#name });
    this.#failing.clear();
    this.#failures.clear();
  }

  /** Its name, and what else tells it from others of that name. */
  get #called(): string {
    return Object.values(this.#fields).join(' ');
  }

  #sum(): { readonly seconds: number; readonly failures: Readonly<Record<string, number>> } {
    const seconds = Math.round((this.#failedAt - this.#begunAt) / 100) / 10;
    return { ...this.#fields, seconds, failures: Object.fromEntries(this.#failures) };
  }
}
