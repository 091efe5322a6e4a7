import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordOf } from './ask.ts';
import { temporaryFolder } from './folder.ts';
import { startRedis } from './redis.ts';
import type { Redis, RedisOptions } from './redis.ts';
import { until } from './until.ts';

export interface SentinelOptions {
  readonly masterName?: string;
  readonly downAfterMs?: number;
  readonly failoverTimeoutMs?: number;
  readonly replicas?: number;
  readonly sentinels?: number;
  /** Settings of every data node. */
  readonly config?: RedisOptions['config'];
  /** What the data node of this number is started under; the first is the master. */
  readonly under?: (node: number) => readonly string[];
}

/** One master, two replicas and three sentinels on loopback: real processes. */
export interface SentinelTopology {
  /** As `SCANGATE_STORE` takes it. */
  readonly url: string;
  readonly masterName: string;
  /** The data nodes; the first was master at the start. */
  readonly nodes: readonly Redis[];
  readonly sentinels: readonly Redis[];
  /** The node that most of the sentinels which answer name as master now. */
  master(): Promise<Redis>;
  /** The nodes that are not. */
  replicas(): Promise<readonly Redis[]>;
  /** A planned move by `SENTINEL FAILOVER`; answers the new master once the sentinels name it. */
  failover(): Promise<Redis>;
  /** Waits until the sentinels name another master than `old`. */
  switched(old: Redis, withinMs?: number): Promise<Redis>;
  /** Waits until every running node has its place: replicas online, sentinels agreed, seen twice. */
  settled(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the whole of it and waits until it has settled. */
export async function startSentinelTopology(options: SentinelOptions = {}): Promise<SentinelTopology> {
  const { masterName = 'scangate', replicas = 2, sentinels: sentinelCount = 3 } = options;
  const folder = await temporaryFolder();
  const nodes: Redis[] = [];
  const sentinels: Redis[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...sentinels, ...nodes].map((server) => server.stop()));
    await folder.remove();
  };

  try {
    const config = { 'repl-diskless-sync-delay': 0, 'repl-diskless-load': 'swapdb', ...options.config };
    const under = options.under ?? ((): readonly string[] => []);
    const first = await startRedis({ config, under: under(0) });
    nodes.push(first);
    const replicaof = ['127.0.0.1', first.port];
    for (let count = 0; count < replicas; count += 1)
      nodes.push(await startRedis({ config: { ...config, replicaof }, under: under(count + 1) }));
    for (let count = 0; count < sentinelCount; count += 1) {
      const file = join(folder.path, `sentinel-${count}.conf`);
      await writeFile(file, sentinelFile(masterName, first.port, sentinelCount, options));
      sentinels.push(await startRedis({ args: [file, '--sentinel'] }));
    }
    const topology = topologyOf(masterName, nodes, sentinels, stop);
    await topology.settled();
    return topology;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The settings file of one of so many Sentinels. */
export function sentinelFile(
  name: string,
  port: number,
  count: number,
  { downAfterMs = 1000, failoverTimeoutMs = 3000 }: SentinelOptions,
): string {
  const quorum = Math.floor(count / 2) + 1;
  return [
    `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} ${failoverTimeoutMs}`,
    `sentinel parallel-syncs ${name} 2`,
    '',
  ].join('\n');
}

function topologyOf(
  masterName: string,
  nodes: readonly Redis[],
  sentinels: readonly Redis[],
  stop: () => Promise<void>,
): SentinelTopology {
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');

  const master = async (): Promise<Redis> => {
    const named = await Promise.all(
      sentinels.map((sentinel) =>
        sentinel
          .ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)
          .then((reply) => Number((reply as [string, string])[1]))
          .catch(() => undefined),
      ),
    );
    const votes = nodes.map((node) => named.filter((port) => port === node.port).length);
    const most = Math.max(...votes);
    if (most === 0) throw new Error('no sentinel names a master');
    return nodes[votes.indexOf(most)]!;
  };

  const switched = (old: Redis, withinMs = 30_000): Promise<Redis> =>
    until(
      async () => {
        const now = await master();
        return now !== old && (await now.info('replication'))['role'] === 'master' && now;
      },
      { withinMs, everyMs: 20, what: 'a switch to another master' },
    ).catch((error: unknown) => {
      const said = sentinels.map((sentinel) => sentinel.output().split('\n').slice(-20).join('\n'));
      throw new Error(`${String(error)}; the sentinels said:\n${said.join('\n\n')}`, { cause: error });
    });

  const isSettled = async (): Promise<boolean> => {
    const now = await master();
    const info = await now.info('replication');
    const online = Object.values(info).filter((value) => value.includes('state=online')).length;
    const replicas = nodes.filter((node) => node.isRunning()).length - 1;
    if (info['role'] !== 'master' || online !== replicas) return false;
    const alive = sentinels.filter((sentinel) => sentinel.isRunning());
    const views = await Promise.all(
      alive.map(async (sentinel) => recordOf(await sentinel.ask('SENTINEL', 'MASTER', masterName))),
    );
    return views.every(
      (view) =>
        view['flags'] === 'master' &&
        Number(view['port']) === now.port &&
        Number(view['num-slaves']) === nodes.length - 1 &&
        Number(view['num-other-sentinels']) === sentinels.length - 1,
    );
  };

  return {
    url: `redis+sentinel://${hosts}/${masterName}`,
    masterName,
    nodes,
    sentinels,
    master,
    replicas: async () => {
      const now = await master();
      return nodes.filter((node) => node !== now);
    },
    failover: async () => {
      const old = await master();
      // A sentinel refuses while it still believes that a replica is unfit: right after a start, say.
      await until(() => sentinels[0]!.ask('SENTINEL', 'FAILOVER', masterName), {
        withinMs: 30_000,
        everyMs: 100,
        what: 'a planned failover',
      });
      return switched(old);
    },
    switched,
    // Sentinels that a stalled machine has put into TILT do nothing for 30 s.
    settled: async (withinMs = 90_000) => {
      let times = 0;
      await until(async () => (times = (await isSettled()) ? times + 1 : 0) >= 2, {
        withinMs,
        everyMs: 100,
        what: 'a settled Sentinel topology',
      });
    },
    stop,
  };
}
