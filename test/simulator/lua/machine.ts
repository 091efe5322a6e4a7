import { LuaFactory } from 'wasmoon';
import { RedisError, isError } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';
import { LUA, REGISTRY, luaApiOf } from './c-api.ts';
import type { LuaApi } from './c-api.ts';
import { PRELUDE } from './prelude.ts';
import { LuaStack } from './stack.ts';

/** A function of a library, kept in the machine. */
export interface LuaFunction {
  readonly name: string;
  readonly flags: readonly string[];
  readonly reference: number;
}

/** Carries out what a script calls. An error is an answer, and never thrown. */
export type ScriptHost = (args: readonly string[]) => Reply;

/**
 * Lua 5.4 in WebAssembly with Redis' table around the scripts. One machine serves every simulated server: libraries
 * keep nothing between calls, so a server is who answers `redis.call`.
 */
export class LuaMachine {
  readonly #api: LuaApi;
  readonly #stack: LuaStack;
  readonly #libraries = new Map<string, readonly LuaFunction[]>();
  readonly #scripts = new Map<string, number>();
  #registered: LuaFunction[] | undefined;
  #host: ScriptHost | undefined;

  static async create(): Promise<LuaMachine> {
    const lua = await new LuaFactory().getLuaModule();
    return new LuaMachine(luaApiOf(lua.module));
  }

  private constructor(api: LuaApi) {
    this.#api = api;
    const state = api.luaL_newstate();
    this.#stack = new LuaStack(api, state);
    api.luaL_openlibs(state);
    this.#compile(PRELUDE, '@prelude');
    this.#pushCallback((at) => this.#redisCall(at, true));
    this.#pushCallback((at) => this.#redisCall(at, false));
    this.#pushCallback(() => this.#register());
    this.#run(3);
    this.#stack.pop(1);
  }

  /**
   * The functions that a library registers; the same text is loaded once.
   *
   * @throws RedisError where it does not load.
   */
  library(code: string): readonly LuaFunction[] {
    const known = this.#libraries.get(code);
    if (known !== undefined) return known;
    const registered: LuaFunction[] = [];
    this.#compile(code.replace(/^#![^\n]*/, ''), '@user_function');
    this.#registered = registered;
    try {
      this.#run(0);
    } finally {
      this.#registered = undefined;
    }
    this.#stack.pop(1);
    this.#libraries.set(code, registered);
    return registered;
  }

  /** Calls a library's function. @throws RedisError with what it raised. */
  call(
    { reference }: LuaFunction,
    keys: readonly string[],
    args: readonly string[],
    host: ScriptHost,
  ): Reply {
    return this.#invoke(reference, keys, args, host);
  }

  /** Runs a script, as `EVAL` does. @throws RedisError with what it raised. */
  evaluate(code: string, keys: readonly string[], args: readonly string[], host: ScriptHost): Reply {
    let reference = this.#scripts.get(code);
    if (reference === undefined) {
      this.#compile(`local KEYS, ARGV = ...; ${code}`, '@user_script');
      reference = this.#api.luaL_ref(this.#stack.state, REGISTRY);
      this.#scripts.set(code, reference);
    }
    return this.#invoke(reference, keys, args, host);
  }

  #invoke(reference: number, keys: readonly string[], args: readonly string[], host: ScriptHost): Reply {
    if (this.#host !== undefined) throw new Error('a script within a script');
    this.#api.lua_rawgeti(this.#stack.state, REGISTRY, BigInt(reference));
    this.#stack.pushTexts(keys);
    this.#stack.pushTexts(args);
    this.#host = host;
    try {
      this.#run(2);
    } finally {
      this.#host = undefined;
    }
    const reply = this.#stack.readReply(this.#api.lua_gettop(this.#stack.state));
    this.#stack.pop(1);
    return reply;
  }

  #compile(code: string, name: string): void {
    const api = this.#api;
    const { state } = this.#stack;
    const bytes = Buffer.from(code, 'latin1');
    const at = api.malloc(bytes.length + name.length + 1);
    const nameAt = at + bytes.length;
    api.bytes.set(bytes, at);
    api.bytes.set(Buffer.from(`${name}\0`, 'latin1'), nameAt);
    const failed = api.luaL_loadbufferx(state, at, bytes.length, nameAt, 0);
    api.free(at);
    if (failed !== 0) throw this.#raised();
  }

  /** Runs the function under that many arguments, and leaves one result. */
  #run(count: number): void {
    if (this.#api.lua_pcallk(this.#stack.state, count, 1, 0, 0, 0) !== 0) throw this.#raised();
  }

  /** What was raised: Redis' table with `err`, or a text of Lua's own. */
  #raised(): RedisError {
    const top = this.#api.lua_gettop(this.#stack.state);
    const isTable = this.#api.lua_type(this.#stack.state, top) === LUA.TABLE;
    const text = isTable ? this.#stack.readField(top, 'err') : `ERR ${this.#stack.readText(top)}`;
    this.#stack.pop(1);
    return new RedisError(text ?? 'ERR unknown error');
  }

  #pushCallback(callback: (argumentCount: number) => number): void {
    const api = this.#api;
    const { state } = this.#stack;
    const pointer = api.addFunction(() => callback(api.lua_gettop(state)), 'ii');
    api.lua_pushcclosure(state, pointer, 0);
  }

  #redisCall(argumentCount: number, raises: boolean): number {
    const args: string[] = [];
    for (let i = 1; i <= argumentCount; i++) {
      const argument = this.#stack.readArgument(i);
      if (argument === undefined) break;
      args.push(argument);
    }
    const reply: Reply =
      this.#host === undefined || args.length < argumentCount || argumentCount === 0
        ? { error: 'ERR Lua redis lib command arguments must be strings or integers' }
        : this.#host(args);
    this.#stack.pushReply(reply);
    return raises && isError(reply) ? this.#api.lua_error(this.#stack.state) : 1;
  }

  #register(): number {
    const api = this.#api;
    const { state } = this.#stack;
    const name = this.#stack.readText(1);
    const flags = this.#stack
      .readText(2)
      .split(' ')
      .filter((flag) => flag !== '');
    api.lua_pushvalue(state, 3);
    this.#registered?.push({ name, flags, reference: api.luaL_ref(state, REGISTRY) });
    return 0;
  }
}
