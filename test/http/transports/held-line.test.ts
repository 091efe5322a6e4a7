import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readTlsPair } from '../../../src/config/tls-pair.ts';
import { makeCertificate } from '../../delivery/front.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { TemporaryFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';
import { startEdge } from '../fixture.ts';
import type { RunningEdge } from '../fixture.ts';

const KEEP_ALIVE_MS = 1000;
const env = { SCANGATE_HTTP_KEEP_ALIVE: 'PT1S', SCANGATE_TICKET_LIFE: 'PT3M', SCANGATE_POLL_JITTER: 'PT0S' };
const MINT = {
  client_id: 'demo',
  binding: 'bearer',
  code_challenge: 'c'.repeat(43),
  code_challenge_method: 'S256',
};

/** A client that speaks bytes. */
interface Client {
  readonly socket: Socket;
  text(): string;
  /** Waits until what has come matches. */
  reads(what: RegExp): Promise<void>;
  /** Kept when the gateway has closed it. */
  readonly closed: Promise<unknown>;
}

describe.each(['plain HTTP', 'TLS'])('a connection that waits, over %s', (kind) => {
  let edge: RunningEdge;
  let folder: TemporaryFolder;
  let ticket: { readonly ticket_id: string; readonly cursor: string; readonly browser_secret: string };
  const clients: Socket[] = [];
  /** The gateway's ends, in the order in which they came. */
  const ends: Socket[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    const { path: cert, keyPath: key } = await makeCertificate(folder.path);
    edge = await startEdge({ env, over: kind === 'TLS' ? { tls: readTlsPair({ cert, key }) } : {} });
    edge.server.on(kind === 'TLS' ? 'secureConnection' : 'connection', (socket: Socket) => {
      if (!ends.includes(socket)) ends.push(socket);
    });
  });
  afterAll(async () => {
    await edge.stop();
    await folder.remove();
  });
  beforeEach(async () => {
    const body = JSON.stringify(MINT);
    const minted = await ask('POST /v1/tickets', body);
    ticket = JSON.parse(minted.slice(minted.indexOf('{'))) as typeof ticket;
    ends.length = 0;
    edge.lines.length = 0;
  });
  afterEach(() => {
    for (const socket of clients.splice(0)) socket.destroy();
  });

  async function open(text: string): Promise<Client> {
    const port = Number(new URL(edge.url).port);
    const socket =
      kind === 'TLS'
        ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        : connect(port, '127.0.0.1');
    clients.push(socket);
    let read = '';
    socket.on('data', (bytes) => (read += bytes.toString('latin1'))).on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, kind === 'TLS' ? 'secureConnect' : 'connect');
    socket.write(text);
    return {
      socket,
      text: () => read,
      reads: async (what) => {
        await until(() => what.test(read), { what: `${String(what)} in ${JSON.stringify(read)}` });
      },
      closed,
    };
  }

  /** A request of its own connection, and its answer. */
  async function ask(what: string, body = '', ...lines: readonly string[]): Promise<string> {
    const type = 'Content-Type: application/json';
    const all = [`${what} HTTP/1.1`, 'Host: localhost', 'Connection: close', type, ...lines];
    const client = await open(`${all.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.closed;
    return client.text();
  }
  const bearer = (): string => `Authorization: Bearer ${ticket.browser_secret}`;
  async function cancel(): Promise<void> {
    expect(await ask(`DELETE /v1/tickets/${ticket.ticket_id}`, '', bearer())).toMatch(/^HTTP\/1.1 204/);
  }
  const get = (path: string, { version = '1.1', lines = [] as readonly string[] } = {}): string =>
    [`GET ${path} HTTP/${version}`, 'Host: localhost', ...lines, '', ''].join('\r\n');
  const events = (version?: string, ...lines: readonly string[]): string =>
    get(`/v1/tickets/${ticket.ticket_id}/events`, {
      ...(version !== undefined && { version }),
      lines: [bearer(), ...lines],
    });
  const poll = (version?: string, ...lines: readonly string[]): string =>
    events(version, ...lines).replace('/events', `/poll?after=${ticket.cursor}&wait=20`);
  const livez = get('/livez');

  /** The access lines of a route. */
  const linesOf = (route: string): readonly Record<string, unknown>[] =>
    edge.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === 'request' && String(line['route']).endsWith(route));
  const isLetGo = (): boolean => (ends[0] as { parser?: unknown } | undefined)?.parser === null;
  const untilLetGo = (): Promise<unknown> =>
    until(isLetGo, { what: 'a connection without a parser', withinMs: 10_000 });
  const dechunked = (text: string): string => {
    let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
    let whole = '';
    for (;;) {
      const at = rest.indexOf('\r\n');
      const size = Number.parseInt(rest.slice(0, at), 16);
      if (at < 0 || Number.isNaN(size)) throw new Error(`no chunk: ${rest}`);
      if (size === 0) return whole;
      whole += rest.slice(at + 2, at + 2 + size);
      rest = rest.slice(at + 2 + size + 2);
    }
  };

  describe('a stream', () => {
    test('has no parser any more, goes on in chunks, and is one line of the log', async () => {
      const client = await open(events());
      await client.reads(/"pending"/);
      await untilLetGo();
      expect(linesOf('/events')).toEqual([]);
      await cancel();
      await client.reads(/\r\n0\r\n\r\n$/);
      expect(client.text()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(client.text()).toMatch(/^transfer-encoding: chunked\r$/im);
      expect(dechunked(client.text()).match(/^data:.*$/gm)).toHaveLength(2);
      expect(linesOf('/events')).toMatchObject([{ status: 200, method: 'GET', ip: '127.0.0.1' }]);
      expect(linesOf('/events')[0]).not.toHaveProperty('cut');
    });

    test('is an answer behind which the connection is used again, whole or in pieces', async () => {
      const client = await open(events());
      await client.reads(/"pending"/);
      await cancel();
      await client.reads(/\r\n0\r\n\r\n$/);
      client.socket.write(livez.slice(0, 9));
      await until(() => !isLetGo(), { what: 'a parser' });
      client.socket.write(livez.slice(9));
      await client.reads(/\{"status":"live"\}/);
      expect(client.text().match(/^HTTP\/1.1 200/gm)).toHaveLength(2);
    });

    test('for who knows no chunks is as it is, up to the end of the connection', async () => {
      const client = await open(events('1.0'));
      await client.reads(/"pending"/);
      await untilLetGo();
      await cancel();
      await client.closed;
      expect(client.text()).not.toMatch(/^transfer-encoding/im);
      expect(client.text()).toMatch(/^connection: close\r$/im);
      expect(client.text()).toMatch(/\r\n\r\nretry: /);
      expect(client.text()).toMatch(/"cancelled".*\n\n:\n$|"cancelled".*\r?\n\r?\n:.*\n+$/);
    });

    test('for who asked to close ends with its connection', async () => {
      const client = await open(events('1.1', 'Connection: close'));
      await client.reads(/"pending"/);
      await untilLetGo();
      await cancel();
      await client.closed;
      expect(client.text()).toMatch(/\r\n0\r\n\r\n$/);
    });

    test('that its client leaves is cut, and told once', async () => {
      const client = await open(events());
      await client.reads(/"pending"/);
      await untilLetGo();
      client.socket.end();
      await client.closed;
      await until(() => linesOf('/events').length > 0, { what: 'a line' });
      expect(linesOf('/events')).toMatchObject([{ status: 200, cut: true }]);
      expect(edge.held.size).toBe(0);
    });
  });

  describe('a poll', () => {
    test('has no parser any more, is answered as ever, and is one line of the log', async () => {
      const at_once = await open(events('1.1').replace('/events', '/poll'));
      await at_once.reads(/"pending"/);
      ends.length = 0;
      const client = await open(poll());
      await untilLetGo();
      expect(linesOf('/poll')).toHaveLength(1);
      await cancel();
      await client.reads(/"cancelled"/);
      const names = (text: string): readonly string[] =>
        [...text.slice(0, text.indexOf('\r\n\r\n')).matchAll(/^([\w-]+):/gm)].map(([, name]) =>
          name!.toLowerCase(),
        );
      expect(new Set(names(client.text()))).toEqual(new Set(names(at_once.text())));
      expect(client.text()).toMatch(/^keep-alive: timeout=1\r$/im);
      await until(() => linesOf('/poll').length === 2, { what: 'a line' });
      expect(linesOf('/poll')[1]).toMatchObject({ status: 200, method: 'GET', ip: '127.0.0.1' });
      expect(linesOf('/poll')[1]).not.toHaveProperty('cut');
    });

    test('is asked again and again on one connection', async () => {
      const client = await open(poll().replace('wait=20', 'wait=1'));
      for (let count = 1; count <= 3; count += 1) {
        await until(() => (client.text().match(/^HTTP\/1.1 204/gm) ?? []).length === count, {
          what: 'a 204',
        });
        client.socket.write(poll().replace('wait=20', 'wait=1'));
      }
      expect(ends).toHaveLength(1);
    });

    test('leaves a connection that is closed once it was kept long enough, and not as a request that is late', async () => {
      const begun = performance.now();
      const client = await open(poll());
      await untilLetGo();
      await cancel();
      await client.reads(/"cancelled"/);
      await client.closed;
      expect(performance.now() - begun).toBeGreaterThan(KEEP_ALIVE_MS);
      expect(client.text()).not.toMatch(/HTTP\/1\.1 408/);
    });

    test('of who knows no kept connections ends with it', async () => {
      const client = await open(poll('1.0'));
      await untilLetGo();
      await cancel();
      await client.closed;
      expect(client.text()).toMatch(/^connection: close\r$/im);
      expect(client.text()).not.toMatch(/^keep-alive/im);
      expect(client.text()).toMatch(/"cancelled".*\}$/);
    });

    test('of HTTP/1.0 ends with its connection also where nothing was new and it was to be kept', async () => {
      const client = await open(poll('1.0', 'Connection: keep-alive').replace('wait=20', 'wait=1'));
      await untilLetGo();
      await client.reads(/\r\n\r\n$/);
      expect(client.text()).toMatch(/^HTTP\/1.1 204 /);
      expect(client.text()).toMatch(/^connection: close\r$/im);
      expect(client.text()).not.toMatch(/^keep-alive/im);
      await until(() => ends[0]!.writableEnded, { what: 'an end', withinMs: KEEP_ALIVE_MS / 2 });
      await client.closed;
    });

    test('that its client leaves is told once', async () => {
      const client = await open(poll());
      await untilLetGo();
      client.socket.destroy();
      await until(() => linesOf('/poll').length > 0, { what: 'a line' });
      expect(linesOf('/poll')).toMatchObject([{ cut: true }]);
      expect(edge.held.size).toBe(0);
    });
  });

  describe('of a Node that is built otherwise', () => {
    type Part = (() => unknown) | undefined;
    interface Parts {
      parser: Record<string, Part>;
    }
    const without = (name: string) => (socket: Socket) => {
      (socket as unknown as Parts).parser[name] = undefined;
    };
    const strange = {
      'a parser that tells nothing at its end': without('finish'),
      'a parser that tells something else at its end': (socket: Socket) => {
        (socket as unknown as Parts).parser['finish'] = () => 0;
      },
      'a parser that cannot be kept from reading': without('unconsume'),
      'a parser that cannot be closed': without('close'),
      'a listener of another name': (socket: Socket) => {
        const [listener] = socket.listeners('drain') as (() => void)[];
        socket.removeListener('drain', listener!).on('drain', () => listener!());
      },
    };

    test.each(Object.keys(strange) as (keyof typeof strange)[])(
      'with %s, it stays with Node, and is answered',
      async (part) => {
        const client = await open(livez);
        await client.reads(/"live"/);
        const [end] = ends;
        const { parser } = end as unknown as Parts;
        strange[part](end!);
        client.socket.write(poll());
        await until(() => edge.held.size === 1, { what: 'a held connection' });
        await cancel();
        await client.reads(/"cancelled"/);
        expect((end as unknown as Parts).parser).toBe(parser);
        // Node uses a parser again for other connections.
        for (const name of ['finish', 'unconsume', 'close']) delete parser[name];
        client.socket.write(livez);
        await client.reads(/"live"[^]*"cancelled"[^]*"live"/);
        expect(linesOf('/poll')).toHaveLength(1);
      },
    );
  });

  test('is held without a look at all others, of which there may be thousands', async () => {
    const key = Object.getOwnPropertySymbols(edge.server).find(
      (one) => one.description === 'http.server.connections',
    );
    const list = (edge.server as unknown as Record<symbol, Record<string, () => unknown[]>>)[key!]!;
    let looks = 0;
    for (const name of ['all', 'idle', 'active']) {
      const own = list[name]!;
      list[name] = () => {
        looks += 1;
        return own.call(list);
      };
    }
    await open(poll());
    await untilLetGo();
    for (const name of ['all', 'idle', 'active']) delete list[name];
    expect(looks).toBe(0);
  });

  describe.each([
    ['a stream', events, /"cancelled"[^]*\r\n0\r\n\r\nHTTP\/1.1 200[^]*"live"/],
    ['a poll', poll, /"cancelled"[^\n]*\}HTTP\/1.1 200[^]*"live"/],
  ] as const)('requests behind %s', (_name, held, inOrder) => {
    test('that come while it waits are answered behind it', async () => {
      const client = await open(held());
      await untilLetGo();
      client.socket.write(livez);
      client.socket.write(livez.slice(0, 20));
      await cancel();
      await client.reads(inOrder);
      client.socket.write(livez.slice(20));
      await client.reads(/"live"[^]*"live"/);
      expect(client.text().match(/^HTTP\/1.1/gm) ?? client.text().match(/HTTP\/1.1 /g)).toBeTruthy();
      expect(client.text().match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    });

    test.each([
      ['with it', livez, ''],
      ['with it in part', livez.slice(0, 9), livez.slice(9)],
      ['with it but for its last byte', livez.slice(0, -1), livez.slice(-1)],
    ])('that come %s leave it to Node, and are answered behind it', async (_when, first, rest) => {
      const client = await open(held() + first);
      await until(() => edge.held.size === 1, { what: 'a held connection' });
      expect(isLetGo()).toBe(false);
      client.socket.write(rest);
      await cancel();
      await client.reads(inOrder);
      expect(client.text().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    });

    test('are read no further than they fit, until it is over', async () => {
      const client = await open(held());
      await untilLetGo();
      const bytes = Buffer.alloc(8_000_000, 'x');
      client.socket.write(bytes);
      await until(() => ends[0]!.isPaused(), { what: 'a pause' });
      expect(ends[0]!.bytesRead).toBeLessThan(200_000);
      await cancel();
      await client.closed;
      expect(client.text()).toMatch(/"cancelled"/);
      expect(client.text()).toMatch(/HTTP\/1\.1 (400|431)/);
    });
  });
});
