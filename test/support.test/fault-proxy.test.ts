import { afterEach, expect, test } from '@jest/globals';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Line {
  readonly proxy: FaultProxy;
  readonly atServer: { text: string; sockets: Socket[] };
  readonly client: Client;
}

interface Client {
  readonly socket: Socket;
  text: string;
  closed: boolean;
}

function join(port: number): Client {
  const client = { socket: connect({ port, host: '127.0.0.1', noDelay: true }), text: '', closed: false };
  client.socket.on('data', (chunk: Buffer) => (client.text += chunk.toString()));
  client.socket.on('error', () => {});
  client.socket.on('close', () => (client.closed = true));
  closing.push(() => client.socket.destroy());
  return client;
}

/** A server that answers each chunk with the same in capitals. */
async function line(): Promise<Line> {
  const atServer = { text: '', sockets: [] as Socket[] };
  const server: Server = createServer({ noDelay: true }, (socket) => {
    atServer.sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      atServer.text += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const proxy = await startFaultProxy({ port: (server.address() as AddressInfo).port });
  closing.push(() => proxy.stop());
  return { proxy, atServer, client: join(proxy.port) };
}

const SHORT_MS = 40;

test('without a fault all passes, both ends included', async () => {
  const { client, proxy } = await line();
  client.socket.end('hello');
  await until(() => client.closed);
  expect(client.text).toBe('HELLO');
  expect([proxy.accepted(), proxy.passed('toServer'), proxy.passed('toClient')]).toEqual([1, 5, 5]);
  await until(() => proxy.open() === 0);
});

test.each([0, 1, 3, 5])('cut after %i bytes of an answer: those arrive, no more', async (bytes) => {
  const { client, proxy, atServer } = await line();
  proxy.set('toClient', { kind: 'cut-after', bytes });
  client.socket.write('hello');
  await until(() => client.closed);
  expect(client.text).toBe('HELLO'.slice(0, bytes));
  expect(atServer.text).toBe('hello');
});

test('cut after some bytes of a request', async () => {
  const { client, proxy, atServer } = await line();
  proxy.set('toServer', { kind: 'cut-after', bytes: 2 });
  client.socket.write('hello');
  await until(() => client.closed);
  expect(atServer.text).toBe('he');
});

test('held bytes come in order once they are released', async () => {
  const { client, proxy, atServer } = await line();
  proxy.set('toClient', { kind: 'hold' });
  client.socket.write('one');
  await until(() => atServer.text === 'one');
  client.socket.write('two');
  await sleep(SHORT_MS);
  expect(client.text).toBe('');
  proxy.heal();
  await until(() => client.text === 'ONETWO');
});

test('swallowed bytes never come, and the connection stays open', async () => {
  const { client, proxy, atServer } = await line();
  proxy.set('toClient', { kind: 'swallow' });
  client.socket.write('one');
  await until(() => atServer.text === 'one');
  await sleep(SHORT_MS);
  proxy.heal();
  client.socket.write('two');
  await until(() => client.text === 'TWO');
  expect(client.closed).toBe(false);
});

test('one behind: a message comes when the next is sent', async () => {
  const { client, proxy, atServer } = await line();
  proxy.set('toClient', { kind: 'one-behind' });
  client.socket.write('one');
  await until(() => atServer.text === 'one');
  await sleep(SHORT_MS);
  expect(client.text).toBe('');
  client.socket.write('two');
  await until(() => client.text === 'ONE');
  proxy.heal();
  await until(() => client.text === 'ONETWO');
});

test.each(['data:two\n\n:\n\r\n', ':\n\r\n', '0\r\n\r\n'])(
  'one behind: what one read joined of a stream is a message each: %j',
  async (behind) => {
    const { client, proxy, atServer } = await line();
    proxy.set('toClient', { kind: 'one-behind' });
    const piece = 'data:one\n\n:\n\r\n';
    client.socket.write(piece + behind);
    await until(() => client.text === piece.toUpperCase());
    expect(atServer.text).toContain(behind);
  },
);

test('only the answer is cut: the request was done', async () => {
  const { client, proxy, atServer } = await line();
  proxy.cutNextAnswer();
  client.socket.write('once');
  await until(() => client.closed);
  expect([atServer.text, client.text]).toEqual(['once', '']);
  const second = join(proxy.port);
  second.socket.write('again');
  await until(() => second.text === 'AGAIN');
});

test('only the answer to what was named is cut', async () => {
  const { client, proxy, atServer } = await line();
  proxy.cutNextAnswer('put');
  client.socket.write('get');
  await until(() => client.text === 'GET');
  client.socket.write('put');
  await until(() => client.closed);
  expect([atServer.text, client.text]).toEqual(['getput', 'GET']);
  const second = join(proxy.port);
  second.socket.write('put');
  await until(() => second.text === 'PUT');
});

test('throttled and delayed bytes come late and whole', async () => {
  const { client, proxy } = await line();
  proxy.set('toClient', { kind: 'throttle', bytesPerSecond: 100 });
  const start = performance.now();
  client.socket.write('x'.repeat(20));
  await until(() => client.text.length === 20);
  expect(performance.now() - start).toBeGreaterThan(120);
  proxy.set('toClient', { kind: 'latency', delayMs: 60 });
  const second = performance.now();
  client.socket.write('y');
  await until(() => client.text.endsWith('Y'));
  expect(performance.now() - second).toBeGreaterThan(50);
});

test('refused, cut, and elsewhere', async () => {
  const { client, proxy, atServer } = await line();
  client.socket.write('one');
  await until(() => client.text === 'ONE');
  proxy.refuse(true);
  const refused = join(proxy.port);
  await until(() => refused.closed);
  expect(client.closed).toBe(false);
  proxy.cut();
  await until(() => client.closed && atServer.sockets.every((socket) => socket.destroyed));
  proxy.heal();
  const other = await line();
  proxy.redirect(other.proxy.port);
  const moved = join(proxy.port);
  moved.socket.write('moved');
  await until(() => moved.text === 'MOVED');
  expect(other.atServer.text).toBe('moved');
});
