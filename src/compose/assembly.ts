import type { Log } from '../telemetry/log.ts';
import type { Time } from '../time/time.ts';

/** A part that holds something (a connection, a file, a timer) until it is closed. */
export interface Closable {
  close(): void | Promise<void>;
}

/**
 * Brings parts up one after the other, says at `debug` how long each took, and closes what must be closed: the last that
 * was opened first.
 */
export class Assembly {
  readonly #log: Log;
  readonly #time: Time;
  readonly #opened: { readonly name: string; readonly part: Closable }[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Log, time: Time) {
    this.#log = log;
    this.#time = time;
  }

  /** Makes a part that holds nothing. */
  make<P>(name: string, make: () => P): P {
    const startedAt = this.#time.now();
    const part = make();
    this.#say(name, 'made', startedAt);
    return part;
  }

  /** Opens a part, which {@link close} closes. */
  async open<P extends Closable>(name: string, open: () => P | Promise<P>): Promise<P> {
    const startedAt = this.#time.now();
    const part = await open();
    this.#opened.push({ name, part });
    this.#say(name, 'open', startedAt);
    return part;
  }

  /**
   * Closes what is open; one that cannot be closed keeps none of the others open. A second call changes nothing.
   *
   * @throws what the first of them threw, once all were tried.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { name, part } of this.#opened.toReversed()) {
      const startedAt = this.#time.now();
      try {
        await part.close();
        this.#say(name, 'closed', startedAt);
      } catch (error) {
        this.#log.debug({ part: name, err: error }, 'cannot be closed');
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #say(part: string, what: string, startedAt: number): void {
    const ms = Math.round((this.#time.now() - startedAt) * 10) / 10;
    this.#log.debug({ part, ms }, `${part}: ${what}`);
  }
}
