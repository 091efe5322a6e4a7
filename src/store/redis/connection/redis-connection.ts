import type { Time } from '../../../time/time.ts';
import type { Endpoint, RedisAddress } from './address.ts';

/** A connection's one use, so that neither a blocked read nor a long answer holds up a write. */
export type Role = 'writer' | 'durable' | 'reader' | 'control' | 'sentinel';

type Argument = string | number;

/** Entries of a stream, oldest first. */
export type StreamEntries = [id: string, fields: string[]][];

/** Commands that go out together and are answered together, in their order. */
export interface Pipeline {
  call(command: 'SENTINEL', subcommand: string, ...rest: string[]): Pipeline;
  cluster(subcommand: 'KEYSLOT', key: string): Pipeline;
  eval(script: string, keyCount: number, ...rest: Argument[]): Pipeline;
  fcall(name: string, keyCount: number, ...rest: Argument[]): Pipeline;
  fcall_ro(name: string, keyCount: number, ...rest: Argument[]): Pipeline;
  get(key: string): Pipeline;
  hsetnx(key: string, field: string, value: Argument): Pipeline;
  role(): Pipeline;
  wait(replicas: number, timeoutMs: number): Pipeline;
  xread(...rest: ['COUNT', number, 'STREAMS', ...string[]]): Pipeline;
  xrevrange(key: string, from: string, to: string, word: 'COUNT', count: number): Pipeline;
  zadd(key: string, score: number, member: string): Pipeline;
  zrangebyscore(key: string, from: Argument, to: Argument): Pipeline;
  zremrangebyscore(key: string, from: Argument, to: Argument): Pipeline;
  /** An error or a reply for each command; null where a transaction was not carried out. */
  exec(): Promise<[error: Error | null, reply?: unknown][] | null>;
}

/**
 * One connection to one server: the commands that the store uses, and no more, so that a simulation can hand in servers
 * of its own. The client of ioredis is one. A command rejects with the server's error, or with `Connection is closed.`
 */
export interface RedisConnection {
  call(command: 'SENTINEL', subcommand: string, ...rest: string[]): Promise<unknown>;
  cluster(subcommand: 'SLOTS' | 'NODES'): Promise<unknown>;
  eval(script: string, keyCount: number, ...rest: Argument[]): Promise<unknown>;
  fcall(name: string, keyCount: number, ...rest: Argument[]): Promise<unknown>;
  fcall_ro(name: string, keyCount: number, ...rest: Argument[]): Promise<unknown>;
  function(subcommand: 'LIST', word: 'LIBRARYNAME', name: string, code: 'WITHCODE'): Promise<unknown>;
  function(subcommand: 'LOAD', word: 'REPLACE', code: string): Promise<unknown>;
  get(key: string): Promise<string | null>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  hset(key: string, field: string, value: Argument): Promise<number>;
  info(): Promise<string>;
  info(section: 'replication'): Promise<string>;
  mget(keys: string[]): Promise<(string | null)[]>;
  ping(): Promise<unknown>;
  select(db: number): Promise<unknown>;
  set(key: string, value: string, px: 'PX', ms: number, nx: 'NX'): Promise<unknown>;
  /** Seconds and microseconds. */
  time(): Promise<Argument[]>;
  xrange(key: string, from: string, to: string, word: 'COUNT', count: number): Promise<StreamEntries>;
  xread(
    ...rest: ['COUNT', number, 'BLOCK', number, 'STREAMS', ...string[]]
  ): Promise<[key: string, entries: StreamEntries][] | null>;
  zrangebyscore(key: string, from: Argument, to: Argument): Promise<string[]>;
  zrem(key: string, member: string): Promise<number>;
  /** The place to go on from, `0` at the end; and members, each with its score behind it. */
  zscan(key: string, place: string, word: 'COUNT', count: number): Promise<[place: string, found: string[]]>;
  zscore(key: string, member: string): Promise<string | null>;
  pipeline(): Pipeline;
  /** Like {@link pipeline}, carried out by the server without anything in between. */
  multi(): Pipeline;

  /** `ready` once commands may go out. */
  readonly status: string;
  /** The socket that is in use: another one after each reconnection. */
  readonly stream: Socket;
  readonly options: { readonly host?: string | undefined };
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `close`: the socket is lost, and another is looked for; `end`: none is looked for any longer. */
  on(event: 'ready' | 'close' | 'end', listener: () => void): unknown;
  once(event: 'ready', listener: () => void): unknown;
  /** Begins anew after `end`. */
  connect(): Promise<void>;
  /** Leaves this server; with `true` another connection is made at once. */
  disconnect(reconnect?: boolean): void;
}

/** A socket, as far as it tells where it leads. */
export interface Socket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Where a connection goes, if not to the address. */
export interface ConnectOptions {
  /** One server: a Cluster's master, a replica, a Sentinel. */
  readonly endpoint?: Endpoint | undefined;
  readonly failoverDetector?: boolean;
}

/** Makes one connection to the master of the address, or to the endpoint that is named. It keeps itself connected. */
export type Connect = (address: RedisAddress, role: Role, options?: ConnectOptions) => RedisConnection;

/** A link opened for calls, or closed for them. */
export interface LinkTurn {
  readonly role: Role;
  /** `host:port` of the server at the other end, as far as it is known. */
  readonly server: string;
  readonly isOpen: boolean;
  /** Why it closed, or was not opened; empty where it opened. */
  readonly why: string;
}

/** The way to a store's servers. */
export interface ServerAccess {
  readonly address: RedisAddress;
  readonly connect: Connect;
  readonly time: Time;
  /** Hears of every link that opens or closes. */
  readonly onLink?: (turn: LinkTurn) => void;
}
