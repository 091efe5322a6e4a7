import { fieldsOf } from '../../support/ask.ts';
import { ClientSocket } from '../link/client-socket.ts';
import type { SimulatedServer } from '../server/simulated-server.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import type { World } from '../world.ts';
import { WITHIN_MS, codeOf } from './trio.ts';
import type { Trio, TrioClient } from './trio.ts';

const LOOK_EVERY_MS = 20;

/** Three servers of a simulation. */
export function simulatedTrio(world: World): Trio {
  const { scheduler, network } = world;
  const servers = ['one', 'two', 'three'].map((name) => world.server(name));
  const client = new SimulatedProcess(scheduler, 'client');
  const at = (server: number): SimulatedServer => servers[server] as SimulatedServer;

  function open(server: number): Promise<ClientSocket> {
    const opened = new Promise<ClientSocket>((resolve) => {
      const socket: ClientSocket = new ClientSocket(client, network, at(server).address, {
        onOpen: () => resolve(socket),
        onClose: () => {},
        onErrorReply: () => {},
        onPublished: () => {},
      });
    });
    return scheduler.complete(opened, WITHIN_MS);
  }

  const connect = async (server: number): Promise<TrioClient> => {
    const socket = await open(server);
    // As a client of ioredis does before it is ready.
    await scheduler.complete(socket.send(['INFO']), WITHIN_MS);
    return { call: (...args) => socket.send(args).catch(codeOf) };
  };

  const info: Trio['info'] = async (server) => {
    const socket = await open(server);
    const text = await scheduler.complete(socket.send(['INFO', 'replication']), WITHIN_MS);
    socket.end();
    return fieldsOf(String(text));
  };

  return {
    connect,
    async follow(server, master) {
      const address = master === undefined ? ['NO', 'ONE'] : at(master).address.split(':');
      const socket = await open(server);
      await scheduler.complete(socket.send(['REPLICAOF', ...address]), WITHIN_MS);
      socket.end();
    },
    freeze: (server) => at(server).process.freeze(),
    thaw: (server) => at(server).process.thaw(),
    kill: async (server) => at(server).kill(),
    restart: async (server) => at(server).restart('empty'),
    pass: (ms) => scheduler.pass(ms),
    wait: (promise) => scheduler.complete(promise, WITHIN_MS),
    info,
    async until(server, what, holds) {
      for (let waited = 0; !holds(await info(server)); waited += LOOK_EVERY_MS) {
        if (waited > WITHIN_MS) throw new Error(`${what} did not happen`);
        await scheduler.pass(LOOK_EVERY_MS);
      }
    },
    close: async () => {},
  };
}
