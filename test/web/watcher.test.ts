import { expect, test } from '@jest/globals';
import { askTransport } from '../../src/web/client/ask-transport.ts';
import { eventSourceTransport } from '../../src/web/client/event-source-transport.ts';
import type { Notice } from '../../src/web/client/notice.ts';
import { pollTransport } from '../../src/web/client/poll-transport.ts';
import { socketTransport } from '../../src/web/client/socket-transport.ts';
import type { Transport } from '../../src/web/client/transport.ts';
import { watchTicket } from '../../src/web/client/watcher.ts';
import { createFakeGateway, type FakeGateway } from './fake-gateway.ts';

const links = { self: '/self', events: '/events', poll: '/poll', socket: '/socket', qr: '/qr' };
const CONFIRMED = { status: 'confirmed', cursor: '3-33', result: { code: 'C' } } as const;

interface Watched {
  readonly gateway: FakeGateway;
  readonly seen: string[];
  readonly online: boolean[];
  gone: boolean;
  stop(): void;
}

function watch(gateway = createFakeGateway()): Watched {
  const { platform } = gateway;
  const transports = [
    socketTransport(platform, { links }),
    eventSourceTransport(platform, { links }),
    pollTransport(platform, { links }),
    askTransport(platform, { links }),
  ] as [Transport, ...Transport[]];
  const watched: Watched = { gateway, seen: [], online: [], gone: false, stop: () => {} };
  watched.stop = watchTicket(platform, { links }, transports, gateway.notice, {
    notice: (notice: Notice) => watched.seen.at(-1) !== notice.status && watched.seen.push(notice.status),
    connection: (online) => watched.online.push(online),
    gone: () => (watched.gone = true),
  });
  return watched;
}

/** Time until the end is seen, in steps of a second. */
function secondsToEnd({ gateway, seen }: Watched): number {
  for (let seconds = 0; seconds < 300; seconds++) {
    if (seen.at(-1) === 'confirmed') return seconds;
    gateway.clock.pass(1000);
  }
  return Infinity;
}

test('a WebSocket that works is all there is, and nothing is left behind at the end', () => {
  const { gateway, seen } = watch();
  gateway.clock.pass(1000);
  gateway.move({ status: 'scanned', cursor: '2-22' });
  gateway.last().say(gateway.notice);
  gateway.move(CONFIRMED);
  gateway.last().say(gateway.notice);
  expect(seen).toEqual(['pending', 'scanned', 'confirmed']);
  expect(gateway.held.map(({ kind, open }) => [kind, open])).toEqual([['socket', false]]);
  expect(gateway.clock.waiting()).toBe(0);
});

test('where sockets and streams fail it falls on to long-poll', () => {
  const gateway = createFakeGateway();
  gateway.greets = false;
  const watched = watch(gateway);
  gateway.last().close(1006);
  gateway.clock.pass(100);
  expect(gateway.last().kind).toBe('events');
  gateway.last().close(0);
  gateway.clock.pass(100);
  expect(gateway.asked.at(-1)).toBe('/poll?after=1-11&wait=25');
  gateway.move(CONFIRMED);
  expect(secondsToEnd(watched)).toBeLessThan(30);
});

test('a proxy that swallows from the first byte is left within seconds', () => {
  const gateway = createFakeGateway();
  gateway.greets = false;
  watch(gateway);
  gateway.clock.pass(15000);
  expect(gateway.held.map(({ kind }) => kind)).toEqual(['socket', 'events']);
  expect(gateway.asked.at(-1)).toMatch(/^\/poll/);
});

test('a connection that went deaf is found by asking, and left', () => {
  const watched = watch();
  const { gateway, seen } = watched;
  gateway.clock.pass(1000);
  gateway.move({ status: 'scanned', cursor: '2-22' });
  gateway.clock.pass(38000);
  expect(seen).toEqual(['pending', 'scanned']);
  gateway.clock.pass(3000);
  expect(gateway.last().kind).toBe('events');
  gateway.clock.pass(1000);
  gateway.move(CONFIRMED);
  expect(secondsToEnd(watched)).toBeLessThan(16);
});

test('a quiet but sound connection is kept', () => {
  const { gateway } = watch();
  gateway.move({ expires_in_ms: 600000 });
  gateway.clock.pass(300000);
  expect(gateway.held).toHaveLength(1);
});

test('20 s of 502 blame no transport, and the ticket is followed afterwards', () => {
  const watched = watch();
  const { gateway, online } = watched;
  gateway.clock.pass(1000);
  gateway.status = 502;
  gateway.last().close(1006);
  gateway.clock.pass(20000);
  expect(online.at(-1)).toBe(false);
  gateway.status = 200;
  gateway.clock.pass(15000);
  expect([gateway.last().kind, online.at(-1)]).toEqual(['socket', true]);
  gateway.move(CONFIRMED);
  gateway.last().say(gateway.notice);
  expect(watched.seen).toEqual(['pending', 'confirmed']);
});

test('an EventSource that a 502 killed is made again', () => {
  const { gateway } = watch();
  gateway.last().close(4401);
  gateway.clock.pass(1000);
  expect(gateway.last().kind).toBe('events');
  gateway.last().close(0);
  gateway.clock.pass(5000);
  expect(gateway.held.map(({ kind }) => kind)).toEqual(['socket', 'events', 'events']);
  expect(gateway.last().url).toBe('/events?after=1-11');
});

test('a node that drains is returned to with the cursor, without doubt', () => {
  const { gateway } = watch();
  gateway.clock.pass(1000);
  for (let deploy = 0; deploy < 5; deploy++) {
    gateway.last().close(1012);
    gateway.clock.pass(3000);
    expect(gateway.last().url).toBe('/socket?after=1-11');
  }
  expect(gateway.asked).toEqual([]);
});

test('an older notice is not told, a lost past is', () => {
  const { gateway, seen } = watch();
  gateway.clock.pass(100);
  const before = gateway.notice;
  gateway.move({ status: 'scanned', cursor: '2-22' });
  gateway.last().say(gateway.notice);
  gateway.last().say(before);
  expect(seen).toEqual(['pending', 'scanned']);
  gateway.last().say({ ...before, cursor: '1-99', reset: true });
  expect(seen).toEqual(['pending', 'scanned', 'pending']);
});

test('after sleep or a change of network everything is tried anew', () => {
  const watched = watch();
  const { gateway } = watched;
  gateway.last().close(4400);
  gateway.clock.pass(500);
  expect(gateway.last().kind).toBe('events');
  gateway.wake('returned');
  gateway.clock.pass(500);
  expect(gateway.held.filter(({ open }) => open).map(({ kind }) => kind)).toEqual(['socket']);
});

test('a ticket that is unknown is not given up before its time is over', () => {
  const watched = watch();
  const { gateway } = watched;
  gateway.clock.pass(1000);
  gateway.status = 404;
  gateway.last().close(4401);
  gateway.clock.pass(60000);
  expect(watched.gone).toBe(false);
  gateway.clock.pass(90000);
  expect([watched.gone, gateway.clock.waiting()]).toEqual([true, 0]);
});

test('QR rotation and the deadline are asked for, since neither is pushed', () => {
  const gateway = createFakeGateway();
  gateway.move({ scan: { url: 'u1', rotates_in_ms: 30000 } });
  watch(gateway);
  gateway.clock.pass(29000);
  expect(gateway.asked).toEqual([]);
  gateway.clock.pass(2000);
  expect(gateway.asked).toEqual(['/self']);
});

test('a hidden page gives its stream back to the other tabs, asks now and then, and streams again when seen', () => {
  const watched = watch();
  const { gateway, seen } = watched;
  gateway.last().close(4400);
  gateway.clock.pass(1000);
  expect(gateway.last().kind).toBe('events');
  gateway.wake('hidden');
  gateway.clock.pass(5000);
  expect(gateway.held.some(({ open }) => open)).toBe(false);
  gateway.move({ status: 'scanned', cursor: '2-22' });
  gateway.clock.pass(4000);
  expect(seen).toEqual(['pending', 'scanned']);
  gateway.wake('visible');
  expect([gateway.last().kind, gateway.last().url]).toEqual(['events', '/events?after=2-22']);
});

test('a hidden page keeps its WebSocket, which takes nothing from other tabs', () => {
  const { gateway } = watch();
  gateway.clock.pass(1000);
  gateway.wake('hidden');
  gateway.clock.pass(5000);
  gateway.wake('visible');
  expect(gateway.held.map(({ kind, open }) => [kind, open])).toEqual([['socket', true]]);
});
