import { StoreUnavailable } from '../../event-store.ts';
import type { LedgerKind } from '../../keys.ts';
import type { Endpoint, RedisAddress } from '../connection/address.ts';
import { askMasters, askSlots } from '../connection/cluster-view.ts';
import type { Pipeline, RedisConnection } from '../connection/redis-connection.ts';

/** How long a server may take for what it is asked at once, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** A command and its words. */
export type Command = readonly [name: string, ...words: (string | number)[]];

/** One master of a store, for copying. */
export interface Master {
  readonly redis: RedisConnection;
  /** Whether it has the meta key. */
  readonly isHome: boolean;
  readonly partitions: readonly number[];
  /** Gives it commands at once, and answers their replies. @throws StoreUnavailable with the first that failed */
  ask(commands: readonly Command[]): Promise<readonly unknown[]>;
}

/** All masters of a store. */
export interface Masters {
  readonly all: readonly Master[];
  readonly home: Master;
  of(partition: number): Master;
  close(): void;
}

/** A connection that takes any command. The client of ioredis is one. */
interface Client extends Omit<RedisConnection, 'pipeline'> {
  pipeline(): Pipeline & { call(command: string, ...words: (string | number)[]): unknown };
}

/** Makes a connection that is not made again once it is lost. @throws Error where there is no answer in time */
export type ConnectOnce = (
  address: RedisAddress,
  endpoint: Endpoint | undefined,
  options: { readonly name: string; readonly timeoutMs: number },
) => Promise<Client>;

/** Where the servers are, and the way to them. */
export interface CopyAccess {
  readonly address: RedisAddress;
  readonly connectOnce: ConnectOnce;
}

/** Connects to every master. @throws StoreUnavailable */
export async function openMasters(
  { address, connectOnce }: CopyAccess,
  partitions: number,
): Promise<Masters> {
  const clients: Client[] = [];
  const reach = async (endpoint?: Endpoint): Promise<Client> => {
    const options = { name: 'scangate-copy', timeoutMs: ANSWER_WITHIN_MS };
    const client = await connectOnce(address, endpoint, options).catch(unavailable);
    clients.push(client);
    return client;
  };
  const close = (): void => {
    for (const client of clients) client.disconnect();
  };
  try {
    const all =
      address.kind === 'cluster'
        ? await ofCluster(address, partitions, reach)
        : [alone(await reach(), partitions)];
    const home = all.find(({ isHome }) => isHome);
    if (home === undefined) throw new StoreUnavailable('the Cluster does not serve all slots');
    const of = (partition: number): Master => {
      const master = all.find((one) => one.partitions.includes(partition));
      if (master === undefined) throw new StoreUnavailable('the Cluster does not serve all slots');
      return master;
    };
    return { all, home, of, close };
  } catch (error) {
    close();
    throw error;
  }
}

function alone(client: Client, partitions: number): Master {
  return masterOn(
    client,
    true,
    Array.from({ length: partitions }, (_, partition) => partition),
  );
}

async function ofCluster(
  address: RedisAddress,
  partitions: number,
  reach: (endpoint: Endpoint) => Promise<Client>,
): Promise<readonly Master[]> {
  const first = await Promise.any(address.endpoints.map(reach)).catch(unavailable);
  const slots = await askSlots(first, partitions);
  const views = await askMasters(first);
  return await Promise.all(
    views.map(async ({ host, port, serves }) => {
      const own = slots.partitions.flatMap((slot, partition) => (serves(slot) ? [partition] : []));
      return masterOn(await reach({ host, port }), serves(slots.meta), own);
    }),
  );
}

function masterOn(client: Client, isHome: boolean, partitions: readonly number[]): Master {
  return {
    redis: client,
    isHome,
    partitions,
    async ask(commands) {
      if (commands.length === 0) return [];
      const pipeline = client.pipeline();
      for (const [name, ...words] of commands) pipeline.call(name, ...words);
      const replies = (await pipeline.exec().catch(unavailable)) ?? [];
      return replies.map(([error, reply]) => (error === null ? reply : unavailable(error)));
    },
  };
}

/** A server's time, in whole seconds as milliseconds since the epoch. */
export async function timeOf(master: Master): Promise<number> {
  const [reply] = await master.ask([['TIME']]);
  return Number((reply as [string])[0]) * 1000;
}

function unavailable(error: unknown): never {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  throw new StoreUnavailable(first instanceof Error ? first.message : String(first), { cause: error });
}

/** What a key of a partition is of. */
export interface KeyParts {
  readonly partition: number;
  readonly kind: 'head' | LedgerKind;
  /** A subject, or a name of the ledger. */
  readonly name: string;
}

const KEY = /^\{sg:(\d+)\}([hvsc]):(.+)$/s;
const KINDS = { h: 'head', v: 'value', s: 'set', c: 'count' } as const;

/** Takes the key of a head, or of an entry of the ledger, apart; undefined for any other. */
export function partsOfKey(key: string): KeyParts | undefined {
  const [, partition, letter, name] = KEY.exec(key) ?? [];
  if (partition === undefined || letter === undefined || name === undefined) return undefined;
  return { partition: Number(partition), kind: KINDS[letter as keyof typeof KINDS], name };
}
