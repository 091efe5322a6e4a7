import { formatDouble } from '../server/number.ts';
import { isError, isStatus } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';
import { LUA } from './c-api.ts';
import type { LuaApi, Pointer } from './c-api.ts';

const SCRATCH_BYTES = 4_096;

/** Indices as the API takes them, made once. */
const KEYS = Array.from({ length: 1_100 }, (_, index) => BigInt(index));
const keyOf = (index: number): bigint => KEYS[index] ?? BigInt(index);

/** The values of one Lua state, put there and read from there. Texts are bytes: one character each. */
export class LuaStack {
  readonly state: Pointer;
  readonly #api: LuaApi;
  readonly #length: Pointer;
  readonly #names = new Map<string, Pointer>();
  #scratch: Pointer;
  #scratchBytes = SCRATCH_BYTES;
  #memory: Buffer;

  constructor(api: LuaApi, state: Pointer) {
    this.state = state;
    this.#api = api;
    this.#length = api.malloc(8);
    this.#scratch = api.malloc(SCRATCH_BYTES);
    this.#memory = Buffer.from(api.bytes.buffer);
  }

  pushText(text: string): void {
    this.#api.lua_pushlstring(this.state, this.#write(text), text.length);
  }

  pushTexts(texts: readonly string[]): void {
    this.#api.lua_createtable(this.state, texts.length, 0);
    for (let i = 0; i < texts.length; i++) {
      this.pushText(texts[i] as string);
      this.#api.lua_rawseti(this.state, -2, keyOf(i + 1));
    }
  }

  /** A server's reply as a script gets it: nothing is `false`, a status `{ ok = … }`, an error `{ err = … }`. */
  pushReply(reply: Reply): void {
    const { state } = this;
    const api = this.#api;
    if (typeof reply === 'string') this.pushText(reply);
    // As an integer: in Redis' Lua all numbers are doubles, and a whole one prints without a point.
    else if (typeof reply === 'number') api.lua_pushinteger(state, BigInt(reply));
    else if (reply === null) api.lua_pushboolean(state, 0);
    else if (isError(reply)) this.#pushField('err', reply.error);
    else if (isStatus(reply)) this.#pushField('ok', reply.status);
    else {
      api.lua_createtable(state, reply.length, 0);
      for (let i = 0; i < reply.length; i++) {
        this.pushReply(reply[i] as Reply);
        api.lua_rawseti(state, -2, keyOf(i + 1));
      }
    }
  }

  /** What a script returns as the server answers it: numbers lose their fraction, a table ends at its first nil. */
  readReply(index: number): Reply {
    const { state } = this;
    const api = this.#api;
    switch (api.lua_type(state, index)) {
      case LUA.STRING:
        return this.readText(index);
      case LUA.NUMBER:
        return Math.trunc(api.lua_tonumberx(state, index, 0));
      case LUA.BOOLEAN:
        return api.lua_toboolean(state, index) === 1 ? 1 : null;
      case LUA.TABLE:
        return this.#readTable(index);
      default:
        return null;
    }
  }

  readText(index: number): string {
    const start = this.#api.lua_tolstring(this.state, index, this.#length);
    const bytes = this.#api.words[this.#length >> 2] as number;
    return this.#buffer().latin1Slice(start, start + bytes);
  }

  /** One argument of a call to the server; undefined where it is neither a text nor a number. */
  readArgument(index: number): string | undefined {
    const type = this.#api.lua_type(this.state, index);
    if (type === LUA.STRING) return this.readText(index);
    if (type !== LUA.NUMBER) return undefined;
    return formatDouble(this.#api.lua_tonumberx(this.state, index, 0));
  }

  /** The text of a table's field; undefined where it has none. */
  readField(index: number, name: string): string | undefined {
    const type = this.#api.lua_getfield(this.state, index, this.#name(name));
    const text = type === LUA.STRING ? this.readText(-1) : undefined;
    this.pop(1);
    return text;
  }

  pop(count: number): void {
    this.#api.lua_settop(this.state, -count - 1);
  }

  #readTable(index: number): Reply {
    const error = this.readField(index, 'err');
    if (error !== undefined) return { error };
    const status = this.readField(index, 'ok');
    if (status !== undefined) return { status };
    const list: Reply[] = [];
    for (let i = 1; ; i++) {
      if (this.#api.lua_rawgeti(this.state, index, keyOf(i)) === LUA.NIL) break;
      list.push(this.readReply(this.#api.lua_gettop(this.state)));
      this.pop(1);
    }
    this.pop(1);
    return list;
  }

  #pushField(name: string, text: string): void {
    this.#api.lua_createtable(this.state, 0, 1);
    this.pushText(text);
    this.#api.lua_setfield(this.state, -2, this.#name(name));
  }

  #write(text: string): Pointer {
    if (text.length > this.#scratchBytes) {
      this.#api.free(this.#scratch);
      this.#scratchBytes = text.length * 2;
      this.#scratch = this.#api.malloc(this.#scratchBytes);
    }
    this.#buffer().latin1Write(text, this.#scratch);
    return this.#scratch;
  }

  #name(text: string): Pointer {
    let pointer = this.#names.get(text);
    if (pointer === undefined) {
      pointer = this.#api.malloc(text.length + 1);
      this.#buffer().latin1Write(`${text}\0`, pointer);
      this.#names.set(text, pointer);
    }
    return pointer;
  }

  /** The memory, which is another one after it has grown. */
  #buffer(): LatinBuffer {
    const { buffer } = this.#api.bytes;
    if (this.#memory.buffer !== buffer) this.#memory = Buffer.from(buffer);
    return this.#memory as LatinBuffer;
  }
}

/** What Node's buffers can do beside what their types say. */
type LatinBuffer = Buffer & {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
};
