import { RedisError } from './reply.ts';

/** Reads a command's arguments from left to right. */
export class Options {
  readonly #args: readonly string[];
  #at: number;

  constructor(args: readonly string[], from = 0) {
    this.#args = args;
    this.#at = from;
  }

  get rest(): readonly string[] {
    return this.#args.slice(this.#at);
  }

  /** The next word in capitals, without taking it. */
  peek(): string | undefined {
    return this.#args[this.#at]?.toUpperCase();
  }

  /** Takes the next word if it is this one. */
  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#at++;
    return true;
  }

  /** @throws RedisError where there is none. */
  next(): string {
    const text = this.#args[this.#at++];
    if (text === undefined) throw syntaxError();
    return text;
  }

  /** @throws RedisError where something is left. */
  end(): void {
    if (this.#at < this.#args.length) throw syntaxError();
  }
}

export function syntaxError(): RedisError {
  return new RedisError('ERR syntax error');
}
