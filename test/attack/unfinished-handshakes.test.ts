import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../delivery/front.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { peerPorts } from '../support/peer-ports.ts';
import { until } from '../support/until.ts';

const PER_ADDRESS = 40;

let folder: TemporaryFolder;
let gateway: Gateway;
let operators: string;
const clients: Socket[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const certificate = await makeCertificate(folder.path);
  operators = `127.0.0.1:${await freePort()}`;
  gateway = await startGateway({
    env: {
      SCANGATE_ADMIN_LISTEN: operators,
      SCANGATE_TLS_CERT: certificate.path,
      SCANGATE_TLS_KEY: certificate.keyPath,
      SCANGATE_TLS_HANDSHAKE_TIMEOUT: 'PT4S',
      SCANGATE_HTTP_HEADER_TIMEOUT: 'PT1S',
      SCANGATE_HTTP_KEEP_ALIVE: 'PT1S',
      SCANGATE_HTTP_LINGER: 'PT1S',
      SCANGATE_READER_STALL: 'PT1S',
      SCANGATE_LIMITS: 'on',
      SCANGATE_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
    },
  });
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await gateway?.stop();
  await folder.remove();
});

/** A connection whose client ignores that it was ended. */
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
  socket.on('error', () => undefined);
  clients.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** What a client says first, as it goes out. */
async function hello(): Promise<Buffer> {
  const [near, far] = await pairOfSockets();
  const client = connectTls({ socket: near, servername: 'localhost' });
  client.on('error', () => undefined);
  const [data] = (await once(far, 'data')) as [Buffer];
  for (const socket of [client, near, far]) socket.destroy();
  return data;
}

async function pairOfSockets(): Promise<readonly [Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = connect(port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [near, far];
}

/** A handshake that ends well, and then this text; what comes is never read, and the connection never closed. */
async function secured(text: string): Promise<Socket> {
  const raw = await open();
  const secure = connectTls({ socket: raw, servername: 'localhost', rejectUnauthorized: false });
  secure.on('error', () => undefined);
  await once(secure, 'secureConnect');
  secure.write(text);
  secure.pause();
  return raw;
}

const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n';
const KINDS: readonly (readonly [string, () => Promise<Socket>])[] = [
  ['says nothing', () => open()],
  [
    'says half a hello',
    async () => {
      const socket = await open();
      socket.write((await hello()).subarray(0, 40));
      return socket;
    },
  ],
  [
    'says hello and nothing more',
    async () => {
      const socket = await open();
      socket.write(await hello());
      return socket;
    },
  ],
  [
    'lets its hello drip',
    async () => {
      const [socket, bytes] = [await open(), await hello()];
      let at = 0;
      const timer = setInterval(() => socket.write(bytes.subarray(at, (at += 1))), 50);
      socket.on('close', () => clearInterval(timer));
      return socket;
    },
  ],
  [
    'speaks no TLS',
    async () => {
      const socket = await open();
      socket.write(`GET /livez ${HEAD}\r\n`);
      return socket;
    },
  ],
  ['says nothing once it is over', () => secured('')],
  ['begins a head once it is over', () => secured(`GET /livez ${HEAD}X-`)],
  ['keeps an idle connection', () => secured(`GET /livez ${HEAD}\r\n`)],
  [
    'asks for an upgrade of nothing',
    () => secured(`GET /x ${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
  ],
  [
    'asks for another protocol',
    () => secured(`GET /livez ${HEAD}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`),
  ],
  ['sends no HTTP', () => secured('nonsense\r\n\r\n')],
  ['reads no large answers', () => secured(`GET /openapi.yaml ${HEAD}\r\n`.repeat(80))],
];

test('attack: handshakes that never end, and whoever stalls behind one, leave nothing behind', async () => {
  const opened: { readonly kind: string; readonly port: number }[] = [];
  for (const [kind, make] of KINDS) opened.push({ kind, port: (await make()).localPort! });
  let left: readonly unknown[] = opened;
  const isEmpty = async (): Promise<boolean> => {
    const held = await peerPorts(gateway.pid);
    left = opened.filter(({ port }) => held.has(port));
    return left.length === 0;
  };
  await until(isEmpty, { everyMs: 100 }).catch(() => undefined);
  expect(left).toEqual([]);
  const figures = await (await fetch(`http://${operators}/metrics`)).text();
  const [, cut] = /^scangate_tcp_cut_total\{state="handshake"\} (\d+)$/m.exec(figures) ?? [];
  expect(Number(cut)).toBeGreaterThanOrEqual(4);
});

test('attack: handshakes count against their address, and keep no other address out', async () => {
  const first = await Promise.all(Array.from({ length: PER_ADDRESS + 20 }, () => open('127.0.0.2')));
  const ports = first.map(({ localPort }) => localPort!);
  const held = async (): Promise<number> => {
    const open = await peerPorts(gateway.pid);
    return ports.filter((port) => open.has(port)).length;
  };
  await until(async () => (await held()) === PER_ADDRESS, { everyMs: 20 });
  const socket = await secured(`GET /livez ${HEAD}\r\n`);
  expect(socket.destroyed).toBe(false);
  await until(async () => (await peerPorts(gateway.pid)).size <= 1, { everyMs: 100 });
});
