import type { SimulatedProcess } from '../time/simulated-process.ts';
import { parseInteger } from './number.ts';
import type { Replication } from './replication.ts';
import type { Reply } from './reply.ts';
import { WAITS } from './session.ts';
import type { Session } from './session.ts';

interface Waiting {
  readonly replicas: number;
  readonly offset: number;
  readonly cancel: () => void;
}

/** `WAIT`: clients that wait until so many replicas have what they wrote. */
export class Waits {
  readonly #process: SimulatedProcess;
  readonly #replication: Replication;
  readonly #waiting = new Map<Session, Waiting>();

  constructor(process: SimulatedProcess, replication: Replication) {
    this.#process = process;
    this.#replication = replication;
  }

  wait(session: Session, [replicas = '', timeoutMs = '']: readonly string[]): Reply | typeof WAITS {
    if (!this.#replication.isMaster) return { error: 'ERR WAIT cannot be used with replica instances.' };
    const wanted = parseInteger(replicas);
    const { offset } = session;
    const acked = this.#replication.replicas.countAcked(offset);
    if (acked >= wanted) return acked;
    const ms = parseInteger(timeoutMs);
    const cancel = ms === 0 ? () => {} : this.#process.after(ms, () => this.#end(session, offset));
    this.#waiting.set(session, { replicas: wanted, offset, cancel });
    this.#replication.ask();
    return WAITS;
  }

  /** A replica has got further. */
  look(): void {
    for (const [session, { replicas, offset }] of this.#waiting) {
      if (this.#replication.replicas.countAcked(offset) >= replicas) this.#end(session, offset);
    }
  }

  /** A master that is one no more leaves nobody waiting, and closes their connections. */
  endAll(error: string): void {
    for (const session of this.#waiting.keys()) {
      this.forget(session);
      session.answer({ error });
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

  #end(session: Session, offset: number): void {
    this.forget(session);
    session.answer(this.#replication.replicas.countAcked(offset));
  }
}
