import { afterEach, describe, expect, test } from '@jest/globals';
import { getBytes, getLines, getMessages } from '@microsoft/fetch-event-source/lib/cjs/parse.js';
import type { EventSourceMessage } from '@microsoft/fetch-event-source';
import { EventSource } from 'eventsource';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../../../src/store/subject.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { transportContract } from '../../contract/transport.ts';
import { until, within } from '../../support/until.ts';
import { startGateway } from './gateway.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { ask } from './poll-reader.ts';
import { sseReader } from './sse-reader.ts';

function address(gateway: Gateway, subject: Subject, query = ''): string {
  return `${gateway.url}/${idOf(subject)}/events${query}`;
}

for (const nodeKeeps of [false, true]) {
  transportContract({
    nodeKeeps,
    name: 'sse',
    open: (gateway, subject, after) =>
      sseReader(address(gateway, subject, after === undefined ? '' : `?after=${encodeURIComponent(after)}`)),
  });
}

describe('an event stream', () => {
  let gateway: Gateway;
  const sockets: Socket[] = [];

  async function begin(options: GatewayOptions = {}): Promise<void> {
    gateway = await startGateway(options);
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await gateway.close();
    await until(() => gateway.isClean());
    expect(gateway.log.filter((line) => /defect|thrown/.test(line))).toEqual([]);
  });

  function cursorOf(subject: Subject): string {
    return gateway.world.heads.get(subject)!.moments.at(-1)!.id;
  }

  /** A client that reads nothing at all. */
  function deaf(subject: Subject): Socket {
    const socket = createConnection(gateway.port, '127.0.0.1');
    sockets.push(socket);
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(`GET /${idOf(subject)}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  }

  test('has the headers that proxies need, and begins with retry', async () => {
    await begin();
    const reader = sseReader(address(gateway, gateway.mint()));
    const { status, headers } = await reader.head;
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await until(() => reader.told.length === 1);
    expect(reader.text()).toMatch(/^retry: \d+\nevent: ticket\nid: [0-9-]+\ndata: \{.*\}\n\n: \n/);
    expect(reader.text()).not.toContain(' '.repeat(100));
    reader.leave();
  });

  test('spreads what it says of retry', async () => {
    await begin();
    const retries = new Set<number>();
    for (let index = 0; index < 20; index += 1) {
      const reader = sseReader(address(gateway, gateway.mint()));
      await until(() => reader.retries.length > 0, { everyMs: 1 });
      retries.add(reader.retries[0]!);
      reader.leave();
    }
    expect(retries.size).toBeGreaterThan(10);
    for (const retry of retries) {
      expect(retry).toBeGreaterThanOrEqual(100);
      expect(retry).toBeLessThanOrEqual(300);
    }
  });

  test('is padded on request', async () => {
    await begin();
    const reader = sseReader(address(gateway, gateway.mint(), '?padding=1'));
    await until(() => reader.told.length === 1);
    expect(reader.text()).toMatch(/^retry: \d+\n: {2048,}\nevent:/);
    reader.leave();
  });

  test('sends a comment in a packet of its own soon after each notice', async () => {
    // No heartbeat comes within this test.
    await begin({ settings: { sseHeartbeatMs: 600_000 } });
    const subject = gateway.mint();
    const reader = sseReader(address(gateway, subject));
    await until(() => reader.told.length === 1 && reader.comments.length >= 2);
    gateway.move(subject, 'scanned');
    await until(() => reader.told.length === 2 && reader.comments.length >= 4);
    reader.leave();
  });

  test('sends heartbeats, and not before their time', async () => {
    await begin({ settings: { sseHeartbeatMs: 2000 } });
    const begun = performance.now();
    const reader = sseReader(address(gateway, gateway.mint()));
    await until(() => reader.comments.length >= 4);
    // Each comes after seven tenths of that at least.
    expect(reader.comments[3]!.at - begun).toBeGreaterThan(2700);
    reader.leave();
  });

  test('takes Last-Event-ID before after', async () => {
    await begin();
    const subject = gateway.mint();
    const first = cursorOf(subject);
    gateway.move(subject, 'scanned');
    const second = cursorOf(subject);
    const reader = sseReader(address(gateway, subject, `?after=${first}`), { 'Last-Event-ID': second });
    await until(() => gateway.shared.held.count('sse') === 1);
    await sleep(60);
    expect(reader.told).toEqual([]);
    reader.leave();
    const again = sseReader(address(gateway, subject, `?after=${second}`), { 'Last-Event-ID': '' });
    await until(() => gateway.shared.held.count('sse') === 1);
    await sleep(60);
    expect(again.told).toEqual([]);
    again.leave();
  });

  test('takes lastEventId in the query where there is nothing else, as event-source-polyfill sends it', async () => {
    await begin();
    const subject = gateway.mint();
    const first = cursorOf(subject);
    gateway.move(subject, 'scanned');
    const second = cursorOf(subject);
    // What is told comes with the first bytes, or what comes next is told first.
    const told = async (query: string, headers: Record<string, string> = {}): Promise<number> => {
      const reader = sseReader(address(gateway, subject, query), headers);
      await until(() => reader.comments.length > 0);
      reader.leave();
      return reader.told.length;
    };
    expect(await told(`?lastEventId=${second}`)).toBe(0);
    expect(await told(`?lastEventId=${first}`)).toBe(1);
    expect(await told('?lastEventId=')).toBe(1);
    expect(await told(`?lastEventId=${first}&after=${second}`)).toBe(0);
    expect(await told(`?lastEventId=${first}`, { 'Last-Event-ID': second })).toBe(0);
    const answer = await ask(address(gateway, subject, '?lastEventId=evil'));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request', field: 'lastEventId' });
  });

  test.each(['', '?padding=1'])('fetch-event-source is handed notices alone %s', async (query) => {
    await begin({ settings: { sseHeartbeatMs: 40, sseLifeMinMs: 400, sseLifeMaxMs: 400 } });
    const subject = gateway.mint();
    const messages: EventSourceMessage[] = [];
    const retries: number[] = [];
    const read = async (): Promise<number> => {
      const id = messages.at(-1)?.id;
      const headers = id === undefined ? undefined : { 'Last-Event-ID': id };
      const response = await fetch(address(gateway, subject, query), headers && { headers });
      const onMessage = getMessages(
        () => undefined,
        (retry) => retries.push(retry),
        (message) => messages.push(message),
      );
      if (response.status === 200) await getBytes(response.body!, getLines(onMessage));
      return response.status;
    };
    await read();
    const again = read();
    await sleep(100);
    gateway.move(subject, 'scanned');
    await again;
    gateway.move(subject, 'confirmed');
    expect([await read(), await read()]).toEqual([200, 204]);
    const statuses = messages.map(({ data }) => (JSON.parse(data) as { status: string }).status);
    expect(statuses).toEqual(['pending', 'scanned', 'confirmed']);
    expect(retries).toHaveLength(5);
  });

  test.each(['evil\tid', '1-1:2', '1-1, 1-2'])(
    'refuses the Last-Event-ID %j before any header, and never repeats it',
    async (id) => {
      await begin();
      const answer = await ask(address(gateway, gateway.mint()), { headers: { 'Last-Event-ID': id } });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request', field: 'Last-Event-ID' });
      expect(answer.body).not.toContain(id);
    },
  );

  test('is ended after its life, with retry, and goes on where it was', async () => {
    await begin({ settings: { sseLifeMinMs: 150, sseLifeMaxMs: 250 } });
    const subject = gateway.mint();
    const begun = performance.now();
    const reader = sseReader(address(gateway, subject));
    expect(await within(reader.ended, 20_000, 'the end')).toBe('again');
    expect(performance.now() - begun).toBeGreaterThan(140);
    expect(reader.retries).toHaveLength(2);
    expect(reader.text()).toMatch(/retry: \d+\n$/);
    expect(gateway.log).toContain('closed sse life');
  });

  test('an EventSource sees a whole sign-in over ended streams, and stops for good', async () => {
    await begin({ settings: { sseLifeMinMs: 100, sseLifeMaxMs: 150, retryMs: 40 } });
    const subject = gateway.mint();
    const source = new EventSource(address(gateway, subject));
    const told: string[] = [];
    source.addEventListener('ticket', (event) => told.push(event.lastEventId));
    const expected = [cursorOf(subject)];
    await until(() => told.length === 1);
    for (const status of ['scanned', 'confirmed']) {
      await sleep(200);
      expected.push(gateway.move(subject, status));
      await until(() => told.length === expected.length);
    }
    await until(() => source.readyState === EventSource.CLOSED);
    expect(told).toEqual(expected);
    source.close();
  });

  test('a store that is away, a full node and one that goes are survived by an EventSource', async () => {
    await begin({ settings: { retryMs: 40 }, limits: { perSubject: 1 } });
    const subject = gateway.mint();
    gateway.world.down = true;
    const source = new EventSource(address(gateway, subject));
    let told = 0;
    source.addEventListener('ticket', () => (told += 1));
    await until(() => gateway.log.filter((line) => line === 'refused sse elsewhere').length > 2);
    expect(source.readyState).not.toBe(EventSource.CLOSED);
    gateway.world.down = false;
    await until(() => told === 1);
    const other = new EventSource(address(gateway, subject));
    await until(() => gateway.log.includes('refused sse subject'));
    expect(other.readyState).not.toBe(EventSource.CLOSED);
    source.close();
    await until(() => other.readyState === EventSource.OPEN && gateway.shared.held.size === 1);
    await gateway.shared.held.drain({ waitMs: 0, windowMs: 0, maxMs: 3000 });
    await until(() => gateway.log.includes('refused sse draining'));
    expect(other.readyState).not.toBe(EventSource.CLOSED);
    other.close();
  });

  test('a client that is cut in the middle of anything leaves nothing', async () => {
    await begin();
    const subject = gateway.mint();
    for (let bytes = 1; bytes < 400; bytes += 7) {
      const socket = createConnection(gateway.port, '127.0.0.1');
      let seen = 0;
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen >= bytes) socket.destroy();
      });
      socket.write(`GET /${idOf(subject)}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await until(() => gateway.isClean());
  });

  test('requests in a row on one connection leave with it', async () => {
    await begin();
    const subject = gateway.mint();
    const socket = createConnection(gateway.port, '127.0.0.1');
    sockets.push(socket);
    socket.write(`GET /${idOf(subject)}/events HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3));
    await until(() => gateway.shared.held.size === 3);
    socket.destroy();
    await until(() => gateway.isClean());
  });

  test('many on one connection leave no listener on it', async () => {
    await begin();
    const subject = gateway.mint();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const server = once(gateway.server, 'connection') as Promise<[Socket]>;
    gateway.move(subject, 'denied');
    await ask(address(gateway, subject), { agent });
    const [socket] = await server;
    const listeners = socket.listenerCount('close');
    for (let count = 0; count < 5; count += 1) await ask(address(gateway, subject), { agent });
    expect(socket.listenerCount('close')).toBe(listeners);
    agent.destroy();
  });

  test('a node that goes does not keep the connection of whom it sends away', async () => {
    await begin();
    await gateway.shared.held.drain({ waitMs: 0, windowMs: 0, maxMs: 0 });
    const answer = await ask(address(gateway, gateway.mint()));
    expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(answer.body).toMatch(/^retry: \d+\n$/);
  });

  test.each([
    ['its own', false],
    ["Node's", true],
  ])(
    'a node that goes closes the connection of a stream that it ends (%s way to hold)',
    async (_, nodeKeeps) => {
      await begin({ nodeKeeps });
      const socket = createConnection(gateway.port, '127.0.0.1');
      sockets.push(socket);
      const closed = once(socket, 'close');
      socket.resume();
      socket.write(`GET /${idOf(gateway.mint())}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
      await until(() => gateway.log.includes('opened sse'));
      gateway.connections.leave();
      await gateway.shared.held.drain({ waitMs: 0, windowMs: 0, maxMs: 600_000 });
      await within(closed, 30_000, 'the close');
      expect(gateway.log).toContain('closed sse drain');
    },
  );

  test('a body that nobody asked for is dropped', async () => {
    await begin();
    const subject = gateway.mint();
    const socket = createConnection(gateway.port, '127.0.0.1');
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    socket.write(`GET /${idOf(subject)}/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n`);
    await until(() => text.includes('pending'));
    socket.write(Buffer.alloc(5_000_000));
    await until(() => socket.writableLength === 0);
    gateway.move(subject, 'denied');
    await until(() => text.includes('denied'));
  });

  test('HEAD is answered and not held', async () => {
    await begin();
    const answer = await ask(address(gateway, gateway.mint()), { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(gateway.isClean()).toBe(true);
  });

  /** Notices too large for a client that does not read. */
  const LARGE: GatewayOptions['present'] = (present) => ({
    ...present,
    told: (view, reset) => {
      const told = present.told(view, reset);
      return { ...told, notice: { ...told.notice, big: 'x'.repeat(200_000) } };
    },
  });

  test('one that does not read holds one notice at most, and moves nobody else', async () => {
    await begin({
      present: LARGE,
      settings: { readerStallMs: 600_000, readerBytes: 1e9 },
      limits: { perSubject: 100 },
    });
    const subject = gateway.mint();
    for (let count = 0; count < 30; count += 1) deaf(subject);
    await until(() => gateway.shared.held.size === 30);
    const reader = sseReader(address(gateway, subject));
    await until(() => reader.told.length === 1);
    for (let move = 0; move < 60; move += 1) {
      const cursor = gateway.move(subject, 'scanned');
      await until(() => reader.told.at(-1)!.cursor === cursor, { everyMs: 1 });
    }
    gateway.world.readCount = 0;
    const cursor = gateway.move(subject, 'scanned');
    await until(() => reader.told.at(-1)!.cursor === cursor);
    expect(gateway.shared.held.size).toBe(31);
    expect(gateway.world.readCount).toBeLessThan(5);
    reader.leave();
  });

  test('one that does not read is cut in time, and nobody else', async () => {
    await begin({
      present: LARGE,
      settings: { readerStallMs: 1500, readerBytes: 1e9 },
      limits: { perSubject: 100 },
    });
    const reader = sseReader(address(gateway, gateway.mint()));
    await until(() => reader.told.length === 1);
    const subject = gateway.mint();
    for (let count = 0; count < 30; count += 1) deaf(subject);
    await until(() => gateway.shared.held.size === 31);
    const isCut = (): boolean => {
      gateway.move(subject, 'scanned');
      return gateway.log.filter((line) => line === 'closed sse slow').length === 30;
    };
    await until(isCut, { withinMs: 60_000, everyMs: 20 });
    expect(gateway.shared.held.size).toBe(1);
    const slow = gateway.ends.filter(({ reason }) => reason === 'too_slow');
    expect(slow).toHaveLength(30);
    for (const { bytes, ms } of slow) expect([bytes! > 0, ms! >= 1500]).toEqual([true, true]);
    reader.leave();
  });

  test('one that does not read the last words is cut too', async () => {
    const big = 'x'.repeat(8_000_000);
    await begin({
      present: (present) => ({
        ...present,
        told: (view, reset) => {
          const told = present.told(view, reset);
          return told.end ? { ...told, notice: { ...told.notice, big } } : told;
        },
      }),
      settings: { readerStallMs: 300 },
    });
    const subject = gateway.mint();
    deaf(subject);
    await until(() => gateway.shared.held.size === 1);
    gateway.move(subject, 'denied');
    await until(() => gateway.isClean(), { withinMs: 30_000 });
    expect(gateway.ends).toEqual([{ reason: 'too_slow', bytes: expect.any(Number), ms: expect.any(Number) }]);
    expect(gateway.ends[0]!.ms).toBeGreaterThanOrEqual(300);
  });

  test('is cut at once where more is unread than allowed', async () => {
    const big = 'x'.repeat(8_000_000);
    await begin({
      present: (present) => ({
        ...present,
        told: (view, reset) => {
          const told = present.told(view, reset);
          return { ...told, notice: { ...told.notice, big } };
        },
      }),
      settings: { readerStallMs: 60_000 },
    });
    deaf(gateway.mint());
    await until(() => gateway.log.includes('closed sse slow'), { withinMs: 30_000 });
    expect(gateway.ends[0]).toMatchObject({ reason: 'too_slow' });
    expect(gateway.ends[0]!.bytes).toBeGreaterThan(65_536);
  });
});
