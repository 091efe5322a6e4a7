import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentMaster } from './current-master.ts';
import { NotPlayed } from './not-played.ts';
import type { Process, Processes } from './processes.ts';

const NAME = 'demo';
const REPLICAS = 2;
const SENTINELS = 3;
/** How long a Sentinel waits before it takes a silent master for dead, in milliseconds. */
const DOWN_AFTER_MS = 1000;
const READY_WITHIN_MS = 30_000;
/** Sentinels that a stalled machine has put into TILT do nothing for 30 s. */
const SWITCH_WITHIN_MS = 90_000;

/** A Redis master with two replicas, and three Sentinels that watch it. */
export interface RedisSet {
  /** As `SCANGATE_STORE` takes it. */
  readonly url: string;
  /** Who is master now, as a Sentinel says. @throws NotPlayed */
  master(): Promise<Master>;
}

/** A Redis that is master, as far as the Sentinels know. */
export interface Master {
  readonly port: number;
  readonly pid: number;
  /** SIGKILL; resolves with the port of the one that the Sentinels put in its place. @throws NotPlayed */
  kill(): Promise<number>;
}

/** Starts all of it on loopback, and resolves once the Sentinels know one another and the replicas. */
export async function startRedisSet(processes: Processes, program: string): Promise<RedisSet> {
  const start = async (
    args: (port: number, folder: string) => readonly string[],
  ): Promise<[number, Process]> => {
    const port = await processes.freePort();
    const folder = join(processes.folder, String(port));
    mkdirSync(folder);
    return [port, processes.start(program, args(port, folder))];
  };
  const server = async (more: readonly string[]): Promise<[number, Process]> => {
    const [port, child] = await start((port, folder) => dataArgs(port, folder, more));
    await child.printed(/Ready to accept connections/, READY_WITHIN_MS);
    return [port, child];
  };
  const first = await server([]);
  const [masterPort] = first;
  const following = ['--replicaof', '127.0.0.1', String(masterPort)];
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => server(following)));
  await Promise.all(
    replicas.map(([, child]) => child.printed(/sync: Finished with success/, READY_WITHIN_MS)),
  );
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, () => start((port, folder) => sentinelArgs(port, folder, masterPort))),
  );
  const known = /(?:\+(?:sentinel|slave) (?:sentinel|slave) [\s\S]*){4}/;
  await Promise.all(sentinels.map(([, child]) => child.printed(known, READY_WITHIN_MS)));
  return {
    url: `redis+sentinel://${sentinels.map(([port]) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    master: async () => {
      const port = await currentMaster(sentinels[0]![0], NAME);
      const child = new Map([first, ...replicas]).get(port);
      if (child === undefined) throw new NotPlayed(`the Sentinels' master, at port ${port}, is not ours`);
      return {
        port,
        pid: child.pid,
        kill: () =>
          switchFrom(
            port,
            child,
            sentinels.map(([, sentinel]) => sentinel),
          ),
      };
    },
  };
}

async function switchFrom(port: number, master: Process, sentinels: readonly Process[]): Promise<number> {
  const switched = new RegExp(`\\+switch-master ${NAME} \\S+ ${port} \\S+ (\\d+)`);
  const told = Promise.race(
    sentinels.map((sentinel) => sentinel.printed(switched, SWITCH_WITHIN_MS, sentinel.printedCount())),
  );
  const [, [, next]] = await Promise.all([master.kill(), told]);
  return Number(next);
}

function dataArgs(port: number, folder: string, more: readonly string[]): readonly string[] {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    'repl-diskless-sync-delay': 0,
  };
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), ...more];
}

function sentinelArgs(port: number, folder: string, masterPort: number): readonly string[] {
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${Math.floor(SENTINELS / 2) + 1}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 3000`,
    `sentinel parallel-syncs ${NAME} ${REPLICAS}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return [file, '--sentinel'];
}
