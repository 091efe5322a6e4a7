import type { IncomingMessage } from 'node:http';
import { bearerOf } from '../http/caller/credentials.ts';
import type { ReportSecurity } from '../telemetry/security-event.ts';
import { sleep } from '../time/time.ts';
import type { Time } from '../time/time.ts';
import { line } from './said.ts';
import type { Said } from './said.ts';

/** How long whoever gives a wrong token waits for the answer, in milliseconds. */
const WAIT_MS = 1000;
/** Wrong tokens whose answers wait; more are told to come back. */
const WAITING_MAX = 16;

export interface WrongTokensParts {
  readonly report: ReportSecurity;
  readonly time: Time;
}

/** Wrong tokens of operators: each is a security event, and their answers come late, one after the other. */
export class WrongTokens {
  readonly #parts: WrongTokensParts;
  readonly #ended = new AbortController();
  #turn = Promise.resolve();
  #waiting = 0;

  constructor(parts: WrongTokensParts) {
    this.#parts = parts;
  }

  /** Answers a request that has no right token: late, where it has a wrong one. */
  async answer(req: IncomingMessage, said: Said): Promise<Said> {
    return bearerOf(req.headers) === undefined ? said : await this.late(req, said);
  }

  /** Reports a wrong token, and answers it when its turn comes. */
  async late({ socket }: IncomingMessage, said: Said): Promise<Said> {
    const { report, time } = this.#parts;
    report({ kind: 'brute_force', reason: 'admin_token', address: socket.remoteAddress });
    if (this.#waiting >= WAITING_MAX)
      return { ...line(429, 'too many wrong tokens'), headers: { 'Retry-After': String(WAITING_MAX) } };
    this.#waiting += 1;
    this.#turn = this.#turn.then(() => sleep(time, WAIT_MS, this.#ended.signal));
    await this.#turn;
    this.#waiting -= 1;
    return said;
  }

  /** Whoever waits is answered now. */
  close(): void {
    this.#ended.abort();
  }
}
