import { parseRead, readStreams } from '../commands/streams.ts';
import type { StreamRead } from '../commands/streams.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import type { Effect, Engine } from './engine.ts';
import { RedisError } from './reply.ts';
import type { Reply } from './reply.ts';
import { WAITS } from './session.ts';
import type { Session } from './session.ts';

interface Waiting {
  readonly read: StreamRead;
  readonly cancel: () => void;
}

/** `XREAD BLOCK`: reads that wait for something to be written. */
export class WaitingReads {
  readonly #process: SimulatedProcess;
  readonly #engine: Engine;
  /** Those who came first are answered first. */
  readonly #waiting = new Map<Session, Waiting>();

  #written = new Set<string>();

  constructor(process: SimulatedProcess, engine: Engine) {
    this.#process = process;
    this.#engine = engine;
  }

  /** @param args what follows `XREAD`. */
  read(session: Session, args: readonly string[]): Reply | typeof WAITS {
    try {
      return this.#engine.look((call) => {
        const read = parseRead(call, args);
        const reply = readStreams(call, read);
        if (reply !== null || read.blockMs === undefined) return reply;
        this.#wait(session, read, read.blockMs);
        return WAITS;
      });
    } catch (error) {
      if (error instanceof RedisError) return { error: error.message };
      throw error;
    }
  }

  /** Remembers which streams were written. */
  written(effects: readonly Effect[]): void {
    for (const [name, key = ''] of effects) if (name === 'XADD') this.#written.add(key);
  }

  /** Answers those who waited for what was written. */
  wake(): void {
    if (this.#written.size === 0) return;
    const written = this.#written;
    this.#written = new Set();
    for (const [session, { read }] of this.#waiting) {
      if (!read.places.some(({ key }) => written.has(key))) continue;
      const reply = session.isOpen ? this.#engine.look((call) => readStreams(call, read)) : null;
      if (reply !== null) this.#end(session, reply);
    }
  }

  /** A master that is one no more leaves nobody waiting, and closes their connections. */
  endAll(error: string): void {
    for (const session of this.#waiting.keys()) {
      this.#end(session, { error });
      session.close();
    }
  }

  forget(session: Session): void {
    this.#waiting.get(session)?.cancel();
    this.#waiting.delete(session);
  }

  forgetAll(): void {
    for (const session of this.#waiting.keys()) this.forget(session);
  }

  #wait(session: Session, read: StreamRead, blockMs: number): void {
    const cancel = blockMs === 0 ? () => {} : this.#process.after(blockMs, () => this.#end(session, null));
    this.#waiting.set(session, { read, cancel });
  }

  #end(session: Session, reply: Reply): void {
    this.forget(session);
    session.answer(reply);
  }
}
