import { KEY_COMMANDS } from '../commands/keys.ts';
import { SET_COMMANDS } from '../commands/sets.ts';
import { SORTED_SET_COMMANDS } from '../commands/sorted-sets.ts';
import { STREAM_COMMANDS } from '../commands/streams.ts';
import { STRING_COMMANDS } from '../commands/strings.ts';
import { Keyspace } from '../data/keyspace.ts';
import type { LuaMachine } from '../lua/machine.ts';
import { reads } from './call.ts';
import type { Call, Command, Commands, Expiry } from './call.ts';
import { Libraries } from './libraries.ts';
import { parseInteger } from './number.ts';
import { RedisError } from './reply.ts';
import type { Reply } from './reply.ts';

const COMMANDS = new Map<string, Command>(
  Object.entries({
    ...STRING_COMMANDS,
    ...KEY_COMMANDS,
    ...SET_COMMANDS,
    ...SORTED_SET_COMMANDS,
    ...STREAM_COMMANDS,
    TIME: reads(1, timeOf),
    INFO: reads(-1, (call) => `# Replication\r\nmaster_replid:${call.replicationId()}\r\n`),
  } satisfies Commands),
);

const READ_ONLY = "READONLY You can't write against a read only replica.";
const ONLY_READS = 'ERR Write commands are not allowed from read-only scripts.';

/** One write as the replicas are told it. */
export type Effect = readonly string[];

/** What an engine is made of. */
export interface EngineOptions {
  readonly machine: LuaMachine;
  /** Milliseconds since the epoch, with a fraction. */
  readonly clock: () => number;
  /** Names the server's history: all that a script is told by `INFO`. */
  readonly replicationId: () => string;
  /** Hears what one command or script did, all of it at once. */
  readonly onEffects: (effects: readonly Effect[]) => void;
}

/** All that a server keeps. */
export interface Snapshot {
  readonly data: Keyspace;
  readonly codes: readonly string[];
}

/** The data of one server, and what commands, functions and scripts do with it. */
export class Engine {
  readonly libraries: Libraries;
  /** Whether clients may not write: the data are a master's. */
  isReplica = false;
  #data = new Keyspace();
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.libraries = new Libraries(options.machine);
  }

  get data(): Keyspace {
    return this.#data;
  }

  /** Carries one command of a client out. Errors are answers. */
  run(args: readonly string[]): Reply {
    return this.isReplica ? this.#carryOut(args, 'hide', READ_ONLY) : this.#carryOut(args, 'delete');
  }

  /** Does what a master did, and tells nobody: who follows gets it as it came. @throws Error where that fails. */
  apply(effect: Effect): void {
    try {
      const reply = this.#dispatch(effect, this.#call('ignore', []), undefined);
      if (reply !== null && typeof reply === 'object' && 'error' in reply) throw new Error(reply.error);
    } catch (error) {
      throw new Error(`a replica cannot follow its master: ${effect.join(' ')}`, { cause: error });
    }
  }

  /** What a read would find now, without a trace. */
  look<T>(read: (call: Call) => T): T {
    return read(this.#call('hide', []));
  }

  /** Lets go of what has ended. */
  expire(): void {
    const effects: Effect[] = [];
    const now = Math.floor(this.#options.clock());
    const over = [...this.#data.ends()].filter(([, end]) => now > end).map(([key]) => key);
    for (const key of over) if (this.#data.delete(key)) effects.push(['DEL', key]);
    this.#tell(effects);
  }

  snapshot(): Snapshot {
    return { data: this.#data.copy(), codes: this.libraries.codes() };
  }

  /** Replaces everything. */
  restore({ data, codes }: Snapshot): void {
    this.#data = data.copy();
    this.libraries.clear();
    for (const code of codes) this.libraries.load([code]);
  }

  /** Forgets everything. */
  empty(): void {
    this.#data = new Keyspace();
    this.libraries.clear();
  }

  /** @param refusal what a write is answered; undefined where it is allowed. */
  #carryOut(args: readonly string[], expiry: Expiry, refusal?: string): Reply {
    const effects: Effect[] = [];
    try {
      return this.#dispatch(args, this.#call(expiry, effects), refusal);
    } catch (error) {
      return errorReply(error);
    } finally {
      this.#tell(effects);
    }
  }

  #dispatch(args: readonly string[], call: Call, refusal: string | undefined): Reply {
    const name = args[0]?.toUpperCase() ?? '';
    switch (name) {
      case 'FCALL':
        return this.#callFunction(args.slice(1), call, refusal, false);
      case 'FCALL_RO':
        return this.#callFunction(args.slice(1), call, refusal, true);
      case 'EVAL': {
        const [code = '', ...rest] = args.slice(1);
        const { keys, values } = splitKeys(rest);
        return this.#options.machine.evaluate(code, keys, values, (inner) =>
          this.#inScript(inner, call, refusal),
        );
      }
      case 'FUNCTION':
        return this.#function(args.slice(1), call, refusal);
      default:
        return runCommand(name, args, call, refusal);
    }
  }

  #callFunction(
    [name = '', ...rest]: readonly string[],
    call: Call,
    refusal: string | undefined,
    readOnly: boolean,
  ): Reply {
    const found = this.libraries.find(name);
    const { keys, values } = splitKeys(rest);
    const onlyReads = found.flags.includes('no-writes');
    if (readOnly && !onlyReads) {
      throw new RedisError('ERR Can not execute a script with write flag using *_ro command.');
    }
    if (!onlyReads && refusal !== undefined) {
      throw new RedisError('READONLY Can not run script with write flag on readonly replica.');
    }
    const inScript = onlyReads ? ONLY_READS : undefined;
    return this.#options.machine.call(found, keys, values, (inner) => this.#inScript(inner, call, inScript));
  }

  #inScript(args: readonly string[], call: Call, refusal: string | undefined): Reply {
    try {
      return runCommand(args[0]?.toUpperCase() ?? '', args, call, refusal);
    } catch (error) {
      return errorReply(error);
    }
  }

  #function([word = '', ...rest]: readonly string[], call: Call, refusal: string | undefined): Reply {
    switch (word.toUpperCase()) {
      case 'LIST':
        return this.libraries.list(rest);
      case 'LOAD': {
        if (refusal !== undefined) throw new RedisError(refusal);
        const name = this.libraries.load(rest);
        call.effect('FUNCTION', 'LOAD', ...rest);
        return name;
      }
      default:
        throw new RedisError(`ERR unknown subcommand '${word}'. Try FUNCTION HELP.`);
    }
  }

  #call(expiry: Expiry, effects: Effect[]): Call {
    const { clock, replicationId } = this.#options;
    return {
      data: this.#data,
      expiry,
      beganAt: Math.floor(clock()),
      clock,
      replicationId,
      effect: (...args) => effects.push(args),
    };
  }

  #tell(effects: readonly Effect[]): void {
    if (effects.length > 0) this.#options.onEffects(effects);
  }
}

function runCommand(name: string, args: readonly string[], call: Call, refusal: string | undefined): Reply {
  const command = COMMANDS.get(name);
  if (command === undefined) throw new RedisError(`ERR unknown command '${args[0] ?? ''}'`);
  const { arity } = command;
  if (arity > 0 ? args.length !== arity : args.length < -arity) {
    throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }
  if (command.writes && refusal !== undefined) throw new RedisError(refusal);
  return command.run(call, args.slice(1));
}

function splitKeys([count = '', ...rest]: readonly string[]): {
  keys: readonly string[];
  values: readonly string[];
} {
  const keyCount = parseInteger(count);
  if (keyCount < 0) throw new RedisError("ERR Number of keys can't be negative");
  if (keyCount > rest.length) throw new RedisError("ERR Number of keys can't be greater than number of args");
  return { keys: rest.slice(0, keyCount), values: rest.slice(keyCount) };
}

function timeOf(call: Call): Reply {
  const now = call.clock();
  const seconds = Math.floor(now / 1000);
  return [String(seconds), String(Math.floor((now - seconds * 1000) * 1000))];
}

function errorReply(error: unknown): Reply {
  if (error instanceof RedisError) return { error: error.message };
  throw error;
}
