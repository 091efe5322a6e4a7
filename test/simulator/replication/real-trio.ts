import { Redis as Client } from 'ioredis';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { WITHIN_MS, codeOf } from './trio.ts';
import type { Trio } from './trio.ts';

const CONFIG = { 'repl-diskless-sync-delay': 0, 'repl-diskless-load': 'swapdb' };

/** Three servers of this machine. */
export async function realTrio(): Promise<Trio> {
  const servers = await Promise.all([0, 1, 2].map(() => startRedis({ config: CONFIG })));
  const clients: Client[] = [];
  const at = (server: number): Redis => servers[server] as Redis;
  const info: Trio['info'] = (server) => at(server).info('replication');
  return {
    async connect(server) {
      const { port } = at(server);
      const client = new Client({
        host: '127.0.0.1',
        port,
        protocol: 2,
        disconnectTimeout: 20,
        retryStrategy: () => null,
      });
      client.on('error', () => {});
      clients.push(client);
      await new Promise<void>((resolve) => client.once('ready', () => resolve()));
      return { call: (name, ...rest) => client.call(String(name), ...rest.map(String)).catch(codeOf) };
    },
    async follow(server, master) {
      const address = master === undefined ? ['NO', 'ONE'] : ['127.0.0.1', at(master).port];
      await at(server).ask('REPLICAOF', ...address);
    },
    freeze: (server) => at(server).freeze(),
    thaw: (server) => at(server).thaw(),
    kill: async (server) => void (await at(server).kill()),
    restart: (server) => at(server).restart(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    wait: (promise) => promise,
    info,
    async until(server, what, holds) {
      await until(async () => holds(await info(server)), { withinMs: WITHIN_MS, everyMs: 20, what });
    },
    async close() {
      for (const client of clients) client.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
