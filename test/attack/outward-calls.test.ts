import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OutwardRefusal, oneAtATime, outward } from '../../src/outward/outward.ts';
import type { OutwardRequest } from '../../src/outward/outward.ts';
import { reachMistake } from '../../src/outward/reach.ts';
import { systemTime } from '../../src/time/system-time.ts';

let port = 0;
const asked: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${request.headers.host}`);
  answer(request, response);
});
beforeAll(async () => {
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  asked.length = 0;
  answer = (_request, response) => response.end('{}');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Calls where a name stands for these, in turn, each time it is looked up. */
function callWith(names: readonly string[][], privateHosts: readonly string[] = [], timeoutMs = 10_000) {
  const left = [...names];
  let lookups = 0;
  const call = outward({
    reach: { privateHosts },
    resolve: () => {
      lookups += 1;
      return Promise.resolve(left.shift() ?? []);
    },
    time: systemTime,
    timeoutMs,
  });
  return {
    lookups: () => lookups,
    call: (address: string, more: Partial<OutwardRequest> = {}) => call(address, { bytesMax: 1000, ...more }),
  };
}

test('attack: a name that stands for another address a moment later is asked where it was judged', async () => {
  const rebinding = callWith([['127.0.0.1'], ['169.254.169.254']], ['rebind.test']);
  const found = await rebinding.call(`http://rebind.test:${port}/keys`, { named: true });
  expect([found.status, rebinding.lookups(), asked]).toEqual([200, 1, [`GET /keys rebind.test:${port}`]]);
  await expect(rebinding.call(`http://rebind.test:${port}/keys`, { named: true })).rejects.toThrow(
    OutwardRefusal,
  );
});

test('attack: a connection that is kept serves its name alone, and only while it stands for the addresses that were judged', async () => {
  const ports: (number | undefined)[] = [];
  answer = (request, response) => {
    ports.push(request.socket.remotePort);
    response.end('{}');
  };
  const listed = ['one.test', 'other.test'];
  const here = ['127.0.0.1'];
  const { call } = callWith(
    [here, here, here, ['127.0.0.1', '127.0.0.2'], here, ['169.254.169.254']],
    listed,
  );
  const ask = (name: string) => call(`http://${name}.test:${port}/`, { named: true, keep: true });
  for (const name of ['one', 'one', 'other', 'one', 'one']) await ask(name);
  const [first, again, other, moved, back] = ports;
  expect([again, back]).toEqual([first, first]);
  expect(new Set([first, other, moved]).size).toBe(3);
  await expect(ask('one')).rejects.toThrow(OutwardRefusal);
  expect(ports).toHaveLength(5);
});

test('a request over a kept connection that its server ended is sent over another, once', async () => {
  let requests = 0;
  answer = (request, response) => {
    requests += 1;
    if (requests === 2) request.socket.destroy();
    else response.end('{}');
  };
  const here = ['127.0.0.1'];
  const { call } = callWith([here, here, here], ['one.test']);
  const ask = () => call(`http://one.test:${port}/`, { named: true, keep: true });
  await ask();
  expect((await ask()).status).toBe(200);
  expect(requests).toBe(3);
  answer = (request) => request.socket.destroy();
  await expect(ask()).rejects.toThrow();
});

test('attack: a name of which one address is private is not asked, unless the operator named it', async () => {
  const address = `https://inside.test:${port}/`;
  for (const stood of [['10.0.0.7'], ['203.0.114.1', '127.0.0.1'], ['::ffff:127.0.0.1'], ['fd00::1']])
    await expect(callWith([stood]).call(address)).rejects.toThrow(OutwardRefusal);
  expect(asked).toEqual([]);
  await expect(callWith([['127.0.0.1']], ['127.0.0.0/8']).call(address)).rejects.not.toThrow(OutwardRefusal);
});

test('attack: a redirect leads nowhere', async () => {
  answer = (_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
  };
  expect((await callWith([]).call(`http://127.0.0.1:${port}/`)).status).toBe(302);
  expect(asked).toEqual([`GET / 127.0.0.1:${port}`]);
});

test('attack: an answer without end, in size or in time, is cut', async () => {
  const { call } = callWith([]);
  answer = (_request, response) => void response.write('x'.repeat(1001));
  await expect(call(`http://127.0.0.1:${port}/`)).rejects.toThrow('too large');
  const { call: callBriefly } = callWith([], [], 300);
  answer = (_request, response) => void response.write('x');
  await expect(callBriefly(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: 'TimeoutError' });
  answer = () => undefined;
  await expect(callBriefly(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: 'TimeoutError' });
});

test.each(['http://clients.test/', 'http://10.0.0.7/', 'ftp://127.0.0.1/', 'file:///etc/passwd'])(
  'attack: %s is not asked for a client',
  async (address) => {
    const { call, lookups } = callWith([['203.0.114.1']]);
    await expect(call(address)).rejects.toThrow(OutwardRefusal);
    expect(lookups()).toBe(0);
  },
);

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1:a9fe:a9:fe00:808:808',
  '64:ff9b:1::808:808',
  '2002:a9fe:a9fe::1',
  '::169.254.169.254',
  '::ffff:0:169.254.169.254',
  'fe80::1',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  '255.255.255.255',
  '2001:0:a9fe:a9fe::1',
])('attack: %s is asked by nobody, whoever named it', (address) => {
  const everything = { privateHosts: ['0.0.0.0/0', '::/0', address] };
  for (const named of [false, true])
    expect(reachMistake(address, address, everything, named ? 'any' : 'own')).toEqual(expect.any(String));
});

test('what may be asked', () => {
  const reach = { privateHosts: ['inside.test', '10.1.0.0/16'] };
  const may = (host: string, address: string, named = false) =>
    reachMistake(host, address, reach, named ? 'any' : 'own') === undefined;
  expect(may('public.test', '8.8.8.8')).toBe(true);
  expect(may('public.test', '64:ff9b::808:808')).toBe(true);
  expect(may('public.test', '2606:4700::1111')).toBe(true);
  expect(may('localhost', '127.0.0.1')).toBe(true);
  expect(may('10.9.9.9', '10.9.9.9')).toBe(true);
  expect(may('inside.test', '192.168.1.7')).toBe(true);
  expect(may('other.test', '10.1.2.3')).toBe(true);
  expect(may('other.test', '64:ff9b::a01:203')).toBe(true);
  expect(may('other.test', '10.2.2.3')).toBe(false);
  expect(may('other.test', '100.64.0.1')).toBe(false);
  expect(may('other.test', '10.2.2.3', true)).toBe(true);
});

test('a name that is not answered for is looked up once, however many ask, and again once it was', async () => {
  const answers: ((addresses: readonly string[]) => void)[] = [];
  const resolve = oneAtATime(() => new Promise((answered) => void answers.push(answered)));
  const all = Array.from({ length: 32 }, () => resolve('never.example'));
  const other = resolve('other.example');
  expect(answers).toHaveLength(2);
  answers[1]!(['192.0.2.2']);
  expect(await other).toEqual(['192.0.2.2']);
  answers[0]!(['192.0.2.1']);
  expect(new Set((await Promise.all(all)).flat())).toEqual(new Set(['192.0.2.1']));
  const again = resolve('never.example');
  answers[2]!([]);
  expect(await again).toEqual([]);
});
