/** A `lua_State *`, or another address in the module's memory. */
export type Pointer = number;

/**
 * Lua's C API as the WebAssembly module exports it. It is called past wasmoon's own conversions, which are slow for
 * tables and cut a text at its first NUL.
 */
export interface LuaApi {
  /** The memory, which is another one after it has grown. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  addFunction(callback: (state: Pointer) => number, signature: 'ii'): Pointer;
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
  luaL_newstate(): Pointer;
  luaL_requiref(state: Pointer, name: Pointer, open: Pointer, global: number): void;
  luaL_openlibs(state: Pointer): void;
  luaL_loadbufferx(state: Pointer, code: Pointer, bytes: number, name: Pointer, mode: Pointer): number;
  luaL_ref(state: Pointer, table: number): number;
  lua_gettop(state: Pointer): number;
  lua_settop(state: Pointer, top: number): void;
  lua_type(state: Pointer, index: number): number;
  lua_tonumberx(state: Pointer, index: number, isNumber: Pointer): number;
  lua_toboolean(state: Pointer, index: number): number;
  lua_tolstring(state: Pointer, index: number, length: Pointer): Pointer;
  lua_rawgeti(state: Pointer, index: number, key: bigint): number;
  lua_rawseti(state: Pointer, index: number, key: bigint): void;
  lua_getfield(state: Pointer, index: number, name: Pointer): number;
  lua_setfield(state: Pointer, index: number, name: Pointer): void;
  lua_createtable(state: Pointer, list: number, fields: number): void;
  lua_pushnil(state: Pointer): void;
  lua_pushnumber(state: Pointer, value: number): void;
  lua_pushinteger(state: Pointer, value: bigint): void;
  lua_pushboolean(state: Pointer, value: number): void;
  lua_pushlstring(state: Pointer, text: Pointer, bytes: number): Pointer;
  lua_pushcclosure(state: Pointer, callback: Pointer, upvalues: number): void;
  lua_pushvalue(state: Pointer, index: number): void;
  lua_pcallk(
    state: Pointer,
    args: number,
    results: number,
    handler: number,
    context: number,
    k: Pointer,
  ): number;
  lua_error(state: Pointer): number;
}

/** The API of one module, without the underscores of its exports. */
export function luaApiOf(module: object): LuaApi {
  const exported = module as Readonly<Record<string, unknown>> & {
    readonly HEAPU8: Uint8Array;
    readonly HEAPU32: Uint32Array;
  };
  const functions = Object.entries(exported).filter(([name]) => /^_(lua|luaL)_|^_(malloc|free)$/.test(name));
  return {
    ...Object.fromEntries(functions.map(([name, value]) => [name.slice(1), value])),
    addFunction: exported['addFunction'],
    get bytes() {
      return exported.HEAPU8;
    },
    get words() {
      return exported.HEAPU32;
    },
  } as unknown as LuaApi;
}

/** `lua_type`. */
export const LUA = { NIL: 0, BOOLEAN: 1, NUMBER: 3, STRING: 4, TABLE: 5, FUNCTION: 6 } as const;

/** `LUA_REGISTRYINDEX` with the module's stack limit of a million. */
export const REGISTRY = -1_000_000 - 1_000;
