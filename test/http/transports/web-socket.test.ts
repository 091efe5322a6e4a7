import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../../../src/store/subject.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import { transportContract } from '../../contract/transport.ts';
import { until, within } from '../../support/until.ts';
import { OWN, REGISTERED, SECRET, startGateway } from './gateway.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { socketReader } from './socket-reader.ts';
import type { SocketOptions, SocketReader } from './socket-reader.ts';

const COOKIE = { Cookie: SECRET, Origin: OWN };

function address(gateway: Gateway, subject: Subject, query = ''): string {
  return `${gateway.url}/${idOf(subject)}/socket${query}`;
}

for (const [how, options] of [
  ['cookie', { headers: COOKIE }],
  ['message', {}],
] as const) {
  describe(`by ${how}`, () => {
    transportContract({
      name: 'socket',
      open: (gateway, subject, after) =>
        socketReader(
          address(gateway, subject, after === undefined ? '' : `?after=${encodeURIComponent(after)}`),
          options,
        ),
    });
  });
}

describe('a socket', () => {
  let gateway: Gateway;
  let subject: Subject;

  async function begin(options: GatewayOptions = {}): Promise<void> {
    gateway = await startGateway(options);
    subject = gateway.mint();
  }

  beforeEach(async () => begin());
  afterEach(async () => {
    await gateway.close();
    await until(() => gateway.isClean(), { withinMs: 30_000 });
    expect(gateway.log.filter((line) => /thrown/.test(line))).toEqual([]);
  });

  async function restart(options: GatewayOptions): Promise<void> {
    await gateway.close();
    await begin(options);
  }

  function open(options: SocketOptions = { headers: COOKIE }, query = ''): SocketReader {
    return socketReader(address(gateway, subject, query), options);
  }

  async function codeOf(reader: SocketReader): Promise<number> {
    return (await within(reader.closed, 20_000, 'the close')).code;
  }

  async function isOpen(reader: SocketReader): Promise<void> {
    await until(() => reader.told.length > 0);
  }

  test('speaks scangate.v1 and nothing else', async () => {
    const reader = open();
    await isOpen(reader);
    expect(reader.socket.protocol).toBe('scangate.v1');
    expect(reader.socket.extensions).toBe('');
    reader.leave();
    const several = open({ headers: COOKIE, protocols: ['other', 'scangate.v1'] });
    await isOpen(several);
    expect(several.socket.protocol).toBe('scangate.v1');
    several.leave();
    const wrong = await open({ headers: COOKIE, protocols: ['other'] }).closed;
    expect(wrong.code).toBe(400);
    expect(JSON.parse(wrong.reason)).toMatchObject({
      code: 'invalid_request',
      field: 'Sec-WebSocket-Protocol',
    });
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['a cookie and the own origin', { Cookie: SECRET, Origin: OWN }, true],
    ['a cookie and no origin', { Cookie: SECRET }, false],
    [
      'a cookie, no origin, Sec-Fetch-Site: same-origin',
      { Cookie: SECRET, 'Sec-Fetch-Site': 'same-origin' },
      true,
    ],
    [
      'a cookie, no origin, Sec-Fetch-Site: same-site',
      { Cookie: SECRET, 'Sec-Fetch-Site': 'same-site' },
      false,
    ],
    ['a cookie and a registered origin', { Cookie: SECRET, Origin: REGISTERED }, false],
    ['a cookie and another port', { Cookie: SECRET, Origin: `${OWN}:8443` }, false],
    ['a cookie and another scheme', { Cookie: SECRET, Origin: 'http://gateway.example' }, false],
    ['a cookie and a longer host', { Cookie: SECRET, Origin: `${OWN}.evil.example` }, false],
    ['a cookie and null', { Cookie: SECRET, Origin: 'null' }, false],
    ['a bearer and no origin', { Authorization: SECRET }, true],
    ['a bearer and a registered origin', { Authorization: SECRET, Origin: REGISTERED }, true],
    ['a bearer and the own origin', { Authorization: SECRET, Origin: OWN }, true],
    ['a bearer and a stranger', { Authorization: SECRET, Origin: 'https://evil.example' }, false],
    ['a bearer and null', { Authorization: SECRET, Origin: 'null' }, false],
    ['nothing yet and a stranger', { Origin: 'https://evil.example' }, false],
  ])('%s: before the upgrade', async (_, headers, allowed) => {
    const reader = open({ headers });
    if (allowed) await isOpen(reader);
    else {
      const { code, reason } = await reader.closed;
      expect(code).toBe(400);
      expect(JSON.parse(reason)).toMatchObject({ code: 'invalid_request', field: 'Origin' });
    }
    reader.leave();
  });

  test('a wrong cookie, a wrong bearer, a wrong first message and an unknown ticket are the same', async () => {
    const message = open({ headers: {} });
    message.socket.on('open', () => message.socket.send('{"bearer":"wrong"}'));
    const readers = [
      open({ headers: { Cookie: 'wrong', Origin: OWN } }),
      open({ headers: { Authorization: 'wrong' } }),
      message,
      socketReader(`${gateway.url}/AAAAAAAAAAAAAAAAAAAAAA/socket`, { headers: COOKIE }),
    ];
    for (const reader of readers)
      expect(await within(reader.closed, 20_000, 'the close')).toEqual({ code: 4401, reason: '' });
  });

  test('what admit finds in the head is 4401 too', async () => {
    await restart({
      admit: () => {
        throw new ScangateError('not_found');
      },
    });
    const reader = open();
    expect(await codeOf(reader)).toBe(4401);
    expect(reader.told).toEqual([]);
  });

  test('a defect is no answer: come back, and it is reported', async () => {
    await restart({
      admit: () => {
        throw new TypeError('a defect');
      },
    });
    expect(await codeOf(open())).toBe(1013);
    expect(gateway.log).toContain('defect TypeError: a defect');
  });

  test('the secret must come in time', async () => {
    await restart({ settings: { secretWaitMs: 300 } });
    const begun = performance.now();
    const silent = open({ headers: {} });
    expect(await codeOf(silent)).toBe(4408);
    expect(performance.now() - begun).toBeGreaterThan(290);
  });

  test.each([
    '',
    'x',
    '[]',
    'null',
    '{}',
    '{"bearer":1}',
    '{"bearer":""}',
    '"the-secret"',
    '{"__proto__":{"bearer":"the-secret"}}',
  ])('a first message that is no secret (%j) is 4400', async (text) => {
    const reader = open({ headers: {} });
    reader.socket.on('open', () => reader.socket.send(text));
    expect(await codeOf(reader)).toBe(4400);
  });

  test('a binary first message is 4400, and so is any other', async () => {
    const first = open({ headers: {} });
    first.socket.on('open', () => first.socket.send(Buffer.from(`{"bearer":"${SECRET}"}`)));
    expect(await codeOf(first)).toBe(4400);
    const later = open();
    await isOpen(later);
    later.socket.send(Buffer.from([1]));
    expect(await codeOf(later)).toBe(4400);
  });

  test('further messages are ignored, but not without end', async () => {
    // They are counted from ping to ping.
    await restart({ settings: { pingMs: 600_000 } });
    const reader = open();
    await isOpen(reader);
    for (let count = 0; count < 10; count += 1) reader.socket.send('hello');
    gateway.move(subject, 'scanned');
    await until(() => reader.told.length === 2);
    for (let count = 0; count < 10; count += 1) reader.socket.send('hello');
    expect(await codeOf(reader)).toBe(4400);
  });

  test('messages are small, in few fragments', async () => {
    const large = open();
    await isOpen(large);
    large.socket.send('x'.repeat(1025));
    expect(await codeOf(large)).toBe(1009);
    const many = open();
    await isOpen(many);
    for (let count = 0; count < 40; count += 1) many.socket.send('x', { fin: false });
    expect(await codeOf(many)).toBe(1008);
  });

  test('is pinged, and closed when it does not answer', async () => {
    await restart({ settings: { pongMs: 1000 } });
    const lively = open();
    let pings = 0;
    lively.socket.on('ping', () => (pings += 1));
    await isOpen(lively);
    const dead = open({ headers: COOKIE, autoPong: false });
    await isOpen(dead);
    const begun = performance.now();
    expect(await codeOf(dead)).toBe(4408);
    expect(performance.now() - begun).toBeGreaterThan(500);
    await until(() => pings >= 3);
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
    lively.leave();
  });

  test('a refusal says when to come back', async () => {
    await restart({ limits: { perSubject: 1 } });
    const reader = open();
    await isOpen(reader);
    const { code, reason } = await open().closed;
    expect(code).toBe(4429);
    expect((JSON.parse(reason) as { retry_after_ms: number }).retry_after_ms).toBeGreaterThanOrEqual(100);
    reader.leave();
  });

  test('sockets without a secret yet do not use up the bound of the ticket', async () => {
    await restart({ limits: { perSubject: 1 } });
    const strangers = Array.from({ length: 5 }, () => open({ headers: {} }));
    await until(() => gateway.shared.held.count('socket') === 5);
    const reader = open();
    await isOpen(reader);
    for (const each of [...strangers, reader]) each.leave();
  });

  test('the bound of an address counts sockets without a secret', async () => {
    await restart({ limits: { perAddress: 2 } });
    const strangers = [1, 2].map(() => open({ headers: {} }, '?from=10.0.0.1'));
    await until(() => gateway.shared.held.count('socket') === 2);
    expect(await codeOf(open(undefined, '?from=10.0.0.1'))).toBe(4429);
    const other = open(undefined, '?from=10.0.0.2');
    await isOpen(other);
    for (const each of [...strangers, other]) each.leave();
  });

  /** Notices too large for a client that does not read. */
  const LARGE: GatewayOptions['present'] = (present) => ({
    ...present,
    told: (view, reset) => {
      const told = present.told(view, reset);
      return { ...told, notice: { ...told.notice, big: 'x'.repeat(200_000) } };
    },
  });

  function deaf(): Socket {
    const socket = createConnection(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `GET /${idOf(subject)}/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: ${SECRET}\r\n\r\n`,
    );
    return socket;
  }

  test('one that does not read holds one notice at most, and moves nobody else', async () => {
    await restart({
      present: LARGE,
      limits: { perSubject: 100 },
      settings: { pingMs: 600_000, readerBytes: 1e9 },
    });
    const stalled = Array.from({ length: 20 }, deaf);
    await until(() => gateway.shared.held.size === 20);
    const reader = open();
    await isOpen(reader);
    for (let move = 0; move < 60; move += 1) {
      const cursor = gateway.move(subject, 'scanned');
      await until(() => reader.told.at(-1)!.cursor === cursor, { everyMs: 1 });
    }
    gateway.world.readCount = 0;
    const cursor = gateway.move(subject, 'scanned');
    await until(() => reader.told.at(-1)!.cursor === cursor);
    expect(gateway.shared.held.size).toBe(21);
    expect(gateway.world.readCount).toBeLessThan(5);
    reader.leave();
    for (const socket of stalled) socket.destroy();
  });

  test('one that does not read is closed in time, and nobody else', async () => {
    await restart({
      present: LARGE,
      limits: { perSubject: 100 },
      settings: { readerBytes: 1e9 },
    });
    const reader = open();
    await isOpen(reader);
    const stalled = Array.from({ length: 20 }, deaf);
    await until(() => gateway.shared.held.size === 21);
    await until(() => gateway.log.filter((line) => line === 'closed socket slow').length === 20, {
      withinMs: 60_000,
    });
    expect(reader.socket.readyState).toBe(reader.socket.OPEN);
    reader.leave();
    for (const socket of stalled) socket.destroy();
  });

  test('a cut connection is noticed without a close frame', async () => {
    const reader = open();
    await isOpen(reader);
    reader.leave();
    await until(() => gateway.isClean());
    expect(gateway.log).toContain('closed socket gone');
  });

  test('a plain request for an upgrade with nonsense is refused and leaves nothing', async () => {
    const socket = createConnection(gateway.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.write(
      `GET /${idOf(subject)}/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\n\r\n`,
    );
    await until(() => text.startsWith('HTTP/1.1 400'));
    socket.destroy();
    await sleep(20);
    expect(gateway.isClean()).toBe(true);
  });
});
