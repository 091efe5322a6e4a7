import { expect, test } from '@jest/globals';
import type { Network } from './network/network.ts';
import { ClientSocket } from './link/client-socket.ts';
import type { SimulatedServer } from './server/simulated-server.ts';
import { SimulatedProcess } from './time/simulated-process.ts';
import { OutOfBounds } from './time/scheduler.ts';
import { World } from './world.ts';

interface Stage {
  readonly world: World;
  readonly network: Network;
  readonly server: SimulatedServer;
  readonly client: SimulatedProcess;
  /** A socket, and how it ended: undefined while it has not. */
  readonly connect: () => { readonly socket: ClientSocket; readonly ending: () => string | undefined };
}

async function setStage(seed = 1): Promise<Stage> {
  const world = await World.create(seed);
  const { network, scheduler } = world;
  const server = world.server('redis-1');
  const client = new SimulatedProcess(scheduler, 'client');
  const connect: Stage['connect'] = () => {
    let ending: string | undefined;
    const socket = new ClientSocket(client, network, server.address, {
      onOpen: () => {},
      onClose: (error) => {
        ending = error?.message ?? 'closed';
      },
      onErrorReply: () => {},
      onPublished: () => {},
    });
    return { socket, ending: () => ending };
  };
  return { world, network, server, client, connect };
}

test('a server that stands still takes connections and commands, and does them when it goes on', async () => {
  const { world, server, connect } = await setStage();
  const { socket, ending } = connect();
  await world.scheduler.pass(10);
  server.process.freeze();
  const { socket: other } = connect();
  await world.scheduler.pass(10);
  const set = socket.send(['SET', 'x', '1']);
  await world.scheduler.pass(20);
  const get = other.send(['GET', 'x']);
  await world.scheduler.pass(2_000);
  expect(server.engine.data.size).toBe(0);
  server.process.thaw();
  expect(await world.scheduler.complete(Promise.all([set, get]), 100)).toEqual(['OK', '1']);
  expect(ending()).toBeUndefined();
});

test('a client leaves a server that says nothing for too long', async () => {
  const { world, server, connect } = await setStage();
  const { socket, ending } = connect();
  await world.scheduler.pass(10);
  server.process.freeze();
  const lost = socket.send(['SET', 'x', '1']).catch((error: unknown) => String(error));
  await world.scheduler.pass(2_600);
  expect(ending()).toMatch(/Socket timeout/);
  expect(await world.scheduler.complete(lost, 1)).toBe('Error: Connection is closed.');
  server.process.thaw();
  await world.scheduler.pass(10);
  expect(server.engine.data.size).toBe(1);
});

test('a way that is cut in one direction lets the other one through, and brings late what it held up', async () => {
  const { world, network, server, connect } = await setStage();
  const { socket } = connect();
  await world.scheduler.pass(10);
  const back = network.way('redis-1', 'client');
  back.cut();
  let answered = false;
  void socket.send(['SET', 'x', '1']).then(
    () => (answered = true),
    () => {},
  );
  await world.scheduler.pass(1_000);
  expect([server.engine.data.size, answered]).toEqual([1, false]);
  back.mend();
  await world.scheduler.pass(300);
  expect(answered).toBe(true);
});

test('a dead process is heard of and refuses, a machine that is gone is not heard of', async () => {
  const { world, server, connect } = await setStage();
  const { ending } = connect();
  await world.scheduler.pass(10);
  server.kill();
  await world.scheduler.pass(10);
  expect(ending()).toBe('closed');
  const refused = connect();
  await world.scheduler.pass(10);
  expect(refused.ending()).toMatch(/ECONNREFUSED/);
  server.restart('kept');
  const again = connect();
  await world.scheduler.pass(10);
  server.unplug();
  await world.scheduler.pass(5_000);
  expect(again.ending()).toBeUndefined();
  const unheard = connect();
  await world.scheduler.pass(1_600);
  expect(unheard.ending()).toBe('connect ETIMEDOUT');
});

test('a machine that comes back knows nothing of the connections of before, and says so to who sends', async () => {
  const { world, server, connect } = await setStage();
  const [silent, before, after] = [connect(), connect(), connect()];
  await world.scheduler.pass(10);
  server.unplug();
  await world.scheduler.pass(10);
  const lost = before.socket.send(['PING']).catch((error: unknown) => String(error));
  await world.scheduler.pass(100);
  expect(before.ending()).toBeUndefined();
  server.restart('kept');
  await world.scheduler.pass(10);
  expect(await world.scheduler.complete(lost, 1)).toBe('Error: Connection is closed.');
  expect([silent.ending(), after.ending()]).toEqual([undefined, undefined]);
  after.socket.send(['PING']).catch(() => {});
  await world.scheduler.pass(10);
  expect([silent.ending(), after.ending()]).toEqual([undefined, expect.any(String)]);
});

test('what a dead process waited for does not happen, and each has a clock of its own', async () => {
  const { world, client } = await setStage();
  const other = new SimulatedProcess(world.scheduler, 'other');
  const seen: string[] = [];
  client.after(10, () => seen.push('dead'));
  other.after(10, () => seen.push('alive'));
  client.kill();
  other.stepClock(-5_000);
  await world.scheduler.pass(20);
  expect(seen).toEqual(['alive']);
  expect(client.wallNow() - other.wallNow()).toBe(5_000);
});

test('a simulation that does not end is ended', async () => {
  const world = await World.create(1, { stepsMax: 1_000 });
  const process = new SimulatedProcess(world.scheduler, 'restless');
  const again = (): void => process.soon(again);
  again();
  await expect(world.scheduler.pass(1)).rejects.toThrow(OutOfBounds);
});
