import type { Pipeline } from '../../../src/store/redis/connection/redis-connection.ts';

type Argument = string | number;
type Result = [error: Error | null, reply?: unknown];

/** Commands that go out together: on their own, or as a transaction. */
export class SimulatedPipeline implements Pipeline {
  readonly #send: (args: readonly Argument[]) => Promise<unknown>;
  readonly #isTransaction: boolean;
  readonly #commands: (readonly Argument[])[] = [];

  constructor(send: (args: readonly Argument[]) => Promise<unknown>, isTransaction: boolean) {
    this.#send = send;
    this.#isTransaction = isTransaction;
  }

  readonly call = this.#command();
  readonly cluster = this.#command('CLUSTER');
  readonly eval = this.#command('EVAL');
  readonly fcall = this.#command('FCALL');
  readonly fcall_ro = this.#command('FCALL_RO');
  readonly get = this.#command('GET');
  readonly hsetnx = this.#command('HSETNX');
  readonly role = this.#command('ROLE');
  readonly wait = this.#command('WAIT');
  readonly xread = this.#command('XREAD');
  readonly xrevrange = this.#command('XREVRANGE');
  readonly zadd = this.#command('ZADD');
  readonly zrangebyscore = this.#command('ZRANGEBYSCORE');
  readonly zremrangebyscore = this.#command('ZREMRANGEBYSCORE');

  async exec(): Promise<Result[] | null> {
    if (!this.#isTransaction) return Promise.all(this.#commands.map((args) => settle(this.#send(args))));
    const sent = [['MULTI'], ...this.#commands, ['EXEC']].map((args) => this.#send(args));
    for (const one of sent) one.catch(() => {});
    const replies = (await sent.at(-1)) as readonly unknown[];
    return replies.map((reply) => (reply instanceof Error ? [reply] : [null, reply]));
  }

  #command(...name: readonly string[]): (...args: readonly Argument[]) => this {
    return (...args) => {
      this.#commands.push([...name, ...args]);
      return this;
    };
  }
}

async function settle(sent: Promise<unknown>): Promise<Result> {
  try {
    return [null, await sent];
  } catch (error) {
    return [error as Error];
  }
}
