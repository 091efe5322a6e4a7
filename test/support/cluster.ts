import { fieldsOf } from './ask.ts';
import { freePorts } from './child.ts';
import { startRedis } from './redis.ts';
import type { Redis, RedisOptions } from './redis.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  readonly masters?: number;
  readonly replicasEach?: number;
  readonly nodeTimeoutMs?: number;
  /** Settings of every node. */
  readonly config?: RedisOptions['config'];
}

/** Three masters with a replica each on loopback: real processes. */
export interface ClusterTopology {
  /** As `SCANGATE_STORE` takes it. */
  readonly url: string;
  /** Masters of the start first, then their replicas in the same order. */
  readonly nodes: readonly Redis[];
  /** The running nodes that are masters now. */
  masters(): Promise<readonly Redis[]>;
  slotOf(key: string): Promise<number>;
  /** The running node that serves the key's slot. */
  masterOf(key: string): Promise<Redis>;
  replicasOf(master: Redis): Promise<readonly Redis[]>;
  /** A planned move by `CLUSTER FAILOVER`: a replica of `master` takes over. */
  failover(master: Redis): Promise<Redis>;
  /** Moves a slot with its keys to another master, one key at a time, while clients go on. */
  moveSlot(slot: number, to: Redis): Promise<void>;
  /** Gives a slot to another master without its keys: what an operator does whose master is gone, or who errs. */
  seizeSlot(slot: number, to: Redis): Promise<void>;
  /** Waits until all running nodes are well, agree on everyone's place, and every replica is linked; seen twice. */
  settled(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

interface NodeView {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  readonly masterId: string;
  readonly slots: readonly string[];
}

const SLOTS = 16_384;
const MIGRATE_LIMIT_MS = 5000;

/** Starts the whole of it and waits until it has settled. */
export async function startClusterTopology(options: ClusterOptions = {}): Promise<ClusterTopology> {
  const { masters = 3, replicasEach = 1, nodeTimeoutMs = 1000 } = options;
  const count = masters * (1 + replicasEach);
  const nodes: Redis[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const ports = await freePorts(count * 2);
    const started = Array.from({ length: count }, (_, index) =>
      startRedis({
        port: ports[index]!,
        config: {
          'cluster-enabled': 'yes',
          'cluster-port': ports[count + index]!,
          'cluster-node-timeout': nodeTimeoutMs,
          'cluster-config-file': 'nodes.conf',
          'repl-diskless-sync-delay': 0,
          databases: 1,
          ...options.config,
        },
      }),
    );
    const results = await Promise.allSettled(started);
    for (const result of results) if (result.status === 'fulfilled') nodes.push(result.value);
    await Promise.all(started);
    await weave(nodes, masters, ports.slice(count));
    const topology = topologyOf(nodes, stop);
    await topology.settled();
    return topology;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function weave(nodes: readonly Redis[], masters: number, busPorts: readonly number[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    if (index > 0) await node.ask('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port, busPorts[0]!);
    if (index < masters) {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / masters));
      await node.ask('CLUSTER', 'ADDSLOTSRANGE', from!, to! - 1);
    }
  }
  const everyoneKnown = async (): Promise<boolean> => {
    const views = await Promise.all(nodes.map((node) => viewOf(node)));
    return views.every(
      (view) => view.length === nodes.length && view.every(({ flags }) => !flags.includes('handshake')),
    );
  };
  await until(everyoneKnown, {
    withinMs: 30_000,
    everyMs: 50,
    what: 'a cluster whose nodes know each other',
  });
  for (const [index, replica] of nodes.slice(masters).entries()) {
    const masterId = await nodes[index % masters]!.ask('CLUSTER', 'MYID');
    await replica.ask('CLUSTER', 'REPLICATE', String(masterId));
  }
}

async function viewOf(node: Redis): Promise<NodeView[]> {
  const text = String(await node.ask('CLUSTER', 'NODES'));
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id, address, flags, masterId, , , , , ...slots] = line.split(' ');
      const port = Number(/:(\d+)@/.exec(address ?? '')?.[1]);
      return { id: id!, port, flags: flags!.split(','), masterId: masterId!, slots };
    });
}

function topologyOf(nodes: readonly Redis[], stop: () => Promise<void>): ClusterTopology {
  const running = (): Redis[] => nodes.filter((node) => node.isRunning());
  const nodeAt = (port: number): Redis => {
    const node = nodes.find((candidate) => candidate.port === port);
    if (!node) throw new Error(`no node of this cluster at port ${port}`);
    return node;
  };

  /** Of a node that answers; the one asked may be dead or frozen. */
  const anyView = async (): Promise<NodeView[]> => Promise.any(running().map((node) => viewOf(node)));
  const isServing = ({ flags, slots }: NodeView): boolean =>
    flags.includes('master') && !flags.includes('fail') && slots.length > 0;
  const slotOf = async (key: string): Promise<number> =>
    Number(await Promise.any(running().map((node) => node.ask('CLUSTER', 'KEYSLOT', key))));
  const ownerOf = async (slot: number): Promise<Redis> => {
    const owner = (await anyView()).find(
      (view) => isServing(view) && view.slots.some((range) => holds(range, slot)),
    );
    if (!owner) throw new Error(`no master serves slot ${slot}`);
    return nodeAt(owner.port);
  };
  const replicasOf = async (master: Redis): Promise<Redis[]> => {
    const view = await anyView();
    const id = view.find(({ port }) => port === master.port)?.id;
    return view
      .filter(({ masterId, flags }) => masterId === id && !flags.includes('fail'))
      .map(({ port }) => nodeAt(port));
  };

  const isSettled = async (): Promise<boolean> => {
    const alive = running();
    const isAlive = ({ port }: NodeView): boolean => alive.some((node) => node.port === port);
    const states = await Promise.all(
      alive.map(async (node) => {
        const view = (await viewOf(node)).filter(isAlive);
        return {
          cluster: fieldsOf(String(await node.ask('CLUSTER', 'INFO'))),
          replication: await node.info('replication'),
          doubted: view.some(({ flags }) => flags.includes('fail') || flags.includes('fail?')),
          places: view
            .map(({ port, masterId, slots }) =>
              [port, masterId, ...slots.filter((range) => !range.startsWith('['))].join(' '),
            )
            .toSorted((one, other) => one.localeCompare(other))
            .join(';'),
        };
      }),
    );
    return states.every(
      ({ cluster, replication, doubted, places }) =>
        cluster['cluster_state'] === 'ok' &&
        cluster['cluster_slots_ok'] === String(SLOTS) &&
        !doubted &&
        places === states[0]!.places &&
        (replication['role'] === 'master' || replication['master_link_status'] === 'up'),
    );
  };

  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    masters: async () => (await anyView()).filter((view) => isServing(view)).map(({ port }) => nodeAt(port)),
    slotOf,
    masterOf: async (key) => ownerOf(await slotOf(key)),
    replicasOf,
    failover: async (master) => {
      const [replica] = await replicasOf(master);
      if (!replica) throw new Error(`the master at port ${master.port} has no replica`);
      const moved = async (): Promise<boolean> => (await replica.info('replication'))['role'] === 'master';
      // A planned move that takes longer than 5 s is given up by the servers without a word.
      for (let tries = 1; ; tries += 1) {
        if (!(await moved())) await replica.ask('CLUSTER', 'FAILOVER');
        try {
          await until(moved, { withinMs: 30_000, what: 'a planned move in the cluster' });
          return replica;
        } catch (error) {
          if (tries === 5) throw error;
        }
      }
    },
    moveSlot: async (slot, to) => moveSlot(slot, await ownerOf(slot), to, running()),
    seizeSlot: async (slot, to) => {
      const from = await ownerOf(slot);
      for (const key of (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 1_000_000)) as string[]) {
        await from.ask('DEL', key);
      }
      await from.ask('CLUSTER', 'DELSLOTS', slot);
      await to.ask('CLUSTER', 'DELSLOTS', slot).catch(() => {});
      await to.ask('CLUSTER', 'ADDSLOTS', slot);
      await to.ask('CLUSTER', 'BUMPEPOCH');
    },
    settled: async (withinMs = 30_000) => {
      let times = 0;
      await until(async () => (times = (await isSettled()) ? times + 1 : 0) >= 2, {
        withinMs,
        everyMs: 100,
        what: 'a settled cluster',
      });
    },
    stop,
  };
}

function holds(range: string, slot: number): boolean {
  if (range.startsWith('[')) return false;
  const [from, to = from] = range.split('-').map(Number);
  return slot >= from! && slot <= to!;
}

async function moveSlot(slot: number, from: Redis, to: Redis, all: readonly Redis[]): Promise<void> {
  if (from === to) return;
  const [fromId, toId] = await Promise.all(
    [from, to].map(async (node) => String(await node.ask('CLUSTER', 'MYID'))),
  );
  await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId!);
  await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId!);
  for (;;) {
    const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
    if (keys.length === 0) break;
    // Where a slot was seized under load, its owner of before still has what came while its keys were deleted.
    for (const key of keys)
      await from.ask('MIGRATE', '127.0.0.1', to.port, key, 0, MIGRATE_LIMIT_MS, 'REPLACE');
  }
  const masters = [to, from, ...all.filter((node) => node !== to && node !== from)];
  for (const node of masters) {
    const { role } = await node.info('replication');
    if (role === 'master') await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', toId!);
  }
}
