import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { until } from '../support/until.ts';

const FRESH = { connection: 'close' };

let gateway: Gateway;
let leaving: Gateway | undefined;

beforeAll(async () => {
  gateway = await startGateway({ env: { SCANGATE_DRAIN_WAIT: 'PT5M', SCANGATE_DRAIN_MAX: 'PT10M' } });
});

afterAll(async () => {
  await gateway?.kill();
  await gateway?.stop();
  await leaving?.stop();
});

interface Kept {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  text(): string;
}

function request(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ host: `localhost:${gateway.port}`, ...headers });
  return [`GET ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** A connection that its client would keep. */
async function kept(first: string, whole: RegExp): Promise<Kept> {
  const socket = connect(gateway.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => (text += part));
  // A reset is a close, too.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(first);
  await until(() => whole.test(text), { withinMs: 30_000, what: 'an answer' });
  return { socket, closed, text: () => text };
}

test('while a gateway drains, an answer closes its connection, and so does a stream that began before', async () => {
  const ticket: Minted = await mint(gateway.url, { headers: FRESH });
  const { pathname } = new URL(ticket.links.events);
  const stream = await kept(request(pathname, ticket.secretHeaders), /^event: ticket\r?$/m);
  expect(stream.text()).not.toMatch(/^connection: close\r$/im);
  const asked = await kept(request('/livez'), /"live"/);
  expect(asked.text()).not.toMatch(/^connection: close\r$/im);
  gateway.signal('SIGTERM');
  await until(async () => (await call(`${gateway.url}/readyz`, { headers: FRESH })).status === 503, {
    withinMs: 30_000,
    what: 'a gateway that drains',
  });

  asked.socket.write(request('/livez'));
  await asked.closed;
  expect(asked.text()).toMatch(/^connection: close\r$/im);
  expectStatus(
    await call(ticket.links.self, { method: 'DELETE', headers: { ...ticket.secretHeaders, ...FRESH } }),
    204,
  );
  await stream.closed;
  expect(stream.text()).toContain('"cancelled"');
  expectStatus(await call(`${gateway.url}/livez`, { headers: FRESH }), 200);
});

test('a connection that was taken and has asked nothing yet is answered after the server has closed, or ended by its time', async () => {
  leaving = await startGateway({
    env: { SCANGATE_DRAIN_WAIT: 'PT0S', SCANGATE_DRAIN_WINDOW: 'PT0S', SCANGATE_DRAIN_NEW: 'PT5S' },
  });
  const { url, port } = leaving;
  const [late, silent] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  let text = '';
  late.setEncoding('utf8').on('data', (part) => (text += part));
  const closed = [late, silent].map((socket) => once(socket.resume(), 'close'));
  // They stand before this one.
  expectStatus(await call(`${url}/livez`, { headers: FRESH }), 200);
  leaving.signal('SIGTERM');
  const refused = (): Promise<boolean> =>
    call(`${url}/livez`, { headers: FRESH }).then(
      () => false,
      () => true,
    );
  await until(refused, { withinMs: 30_000, what: 'a server that has closed' });
  late.write(`GET /livez HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`);
  await Promise.all(closed);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).toMatch(/^connection: close\r$/im);
  expect(await leaving.exited).toMatchObject({ code: 0 });
});
