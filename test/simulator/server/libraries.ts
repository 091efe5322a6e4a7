import type { LuaFunction, LuaMachine } from '../lua/machine.ts';
import { Options, syntaxError } from './options.ts';
import { RedisError } from './reply.ts';
import type { Reply } from './reply.ts';

interface Library {
  readonly name: string;
  readonly code: string;
  readonly functions: readonly LuaFunction[];
}

/** The function libraries that one server has: `FUNCTION LOAD` and `FUNCTION LIST`. */
export class Libraries {
  readonly #machine: LuaMachine;
  readonly #byName = new Map<string, Library>();
  readonly #functions = new Map<string, LuaFunction>();

  constructor(machine: LuaMachine) {
    this.#machine = machine;
  }

  /** @throws RedisError */
  find(name: string): LuaFunction {
    const found = this.#functions.get(name);
    if (found === undefined) throw new RedisError('ERR Function not found');
    return found;
  }

  /** @param args what follows `FUNCTION LOAD`. @returns the library's name. @throws RedisError */
  load(args: readonly string[]): string {
    const options = new Options(args);
    const replaces = options.take('REPLACE');
    const code = options.next();
    const name = /^#!lua name=(\w+)/.exec(code)?.[1];
    if (name === undefined) throw new RedisError('ERR Missing library metadata');
    if (!replaces && this.#byName.has(name)) throw new RedisError(`ERR Library '${name}' already exists`);
    const functions = this.#machine.library(code);
    for (const { name: own } of this.#byName.get(name)?.functions ?? []) this.#functions.delete(own);
    for (const one of functions) {
      if (this.#functions.has(one.name)) throw new RedisError(`ERR Function ${one.name} already exists`);
    }
    this.#byName.set(name, { name, code, functions });
    for (const one of functions) this.#functions.set(one.name, one);
    return name;
  }

  /** @param args what follows `FUNCTION LIST`. */
  list(args: readonly string[]): Reply {
    const options = new Options(args);
    let wanted: string | undefined;
    let withCode = false;
    while (options.peek() !== undefined) {
      if (options.take('LIBRARYNAME')) wanted = options.next();
      else if (options.take('WITHCODE')) withCode = true;
      else throw syntaxError();
    }
    return [...this.#byName.values()]
      .filter(({ name }) => wanted === undefined || wanted === name)
      .map((library) => describe(library, withCode));
  }

  clear(): void {
    this.#byName.clear();
    this.#functions.clear();
  }

  /** The code of each. */
  codes(): readonly string[] {
    return [...this.#byName.values()].map(({ code }) => code);
  }
}

function describe({ name, code, functions }: Library, withCode: boolean): Reply {
  const listed = functions.map((one) => ['name', one.name, 'description', null, 'flags', one.flags]);
  const fields = ['library_name', name, 'engine', 'LUA', 'functions', listed];
  return withCode ? [...fields, 'library_code', code] : fields;
}
