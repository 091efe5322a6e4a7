import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Connections } from '../../../src/http/connections/connections.ts';
import { Origins } from '../../../src/http/caller/origins.ts';
import type { Admitted } from '../../../src/http/transports/admitted.ts';
import { Held } from '../../../src/http/transports/held.ts';
import type { HeldLimits } from '../../../src/http/transports/held.ts';
import { holdPoll } from '../../../src/http/transports/long-poll.ts';
import { isAway } from '../../../src/http/transports/passing.ts';
import { holdSse } from '../../../src/http/transports/sse.ts';
import type { SocketCaller } from '../../../src/http/transports/socket-caller.ts';
import type {
  EndReason,
  TransportSettings,
  TransportShared,
} from '../../../src/http/transports/transport.ts';
import { socketServer, upgradeSocket } from '../../../src/http/transports/web-socket.ts';
import { ticketSubject } from '../../../src/store/subject.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import { openFeed } from '../../../src/watch/feed.ts';
import { Hub } from '../../../src/watch/hub.ts';
import type { Present } from '../../../src/watch/present.ts';
import type { WatchShared } from '../../../src/watch/watch-subject.ts';
import { Wheel } from '../../../src/watch/wheel.ts';
import { systemTime } from '../../../src/time/system-time.ts';
import type { Time } from '../../../src/time/time.ts';
import { freshId } from '../../contract/appends.ts';
import { World, presentOf } from '../../watch/world.ts';
import type { Seen } from '../../watch/world.ts';

/** The transports on a bare server over a store in memory: `/<ticket id>/events`, `/poll` and `/socket`. */
export interface Gateway {
  readonly world: World;
  readonly shared: TransportShared;
  readonly url: string;
  readonly port: number;
  /** What was reported: `opened sse`, `closed sse end`, `refused poll subject`, `defect …`. */
  readonly log: string[];
  /** Why connections ended, and what a slow reader left unread. */
  readonly ends: { readonly reason: EndReason; readonly bytes?: number; readonly ms?: number }[];
  /** The answers of the requests that were thrown back to the edge. */
  readonly server: Server;
  readonly connections: Connections;
  /** A fresh pending ticket. */
  mint(lifeMs?: number): Subject;
  /** Lets a ticket move. */
  move(subject: Subject, status: string): string;
  /** Whether nothing is left of any connection. */
  isClean(): boolean;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** Whether Node keeps what waits, as it does where connections are not counted. */
  readonly nodeKeeps?: boolean;
  readonly settings?: Partial<TransportSettings>;
  readonly limits?: Partial<HeldLimits>;
  readonly watch?: Partial<WatchShared>;
  /** The time in which a node goes; the machine's own by default. */
  readonly goingTime?: Time;
  readonly present?: (present: Present<Seen>) => Present<Seen>;
  /** What `admit` says of every head. */
  readonly admit?: Admitted<Seen>['admit'];
}

export const OWN = 'https://gateway.example';
export const REGISTERED = 'https://shop.example';
export const SECRET = 'the-secret';

const SETTINGS: TransportSettings = {
  retryMs: 200,
  sseHeartbeatMs: 400,
  sseLifeMinMs: 600_000,
  sseLifeMaxMs: 600_000,
  // Longer than any test: a poll that ends by itself is asked for.
  pollWaitMs: 55_000,
  pollJitterMs: 100,
  pingMs: 400,
  pongMs: 3000,
  secretWaitMs: 5000,
  readerBytes: 65_536,
  readerStallMs: 600,
};

const STATUS: Record<string, number> = { invalid_request: 400, not_found: 404, too_many_requests: 429 };

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const world = new World();
  const log: string[] = [];
  const ends: Gateway['ends'] = [];
  const now = (): number => performance.now();
  const watch: WatchShared = {
    hub: new Hub(),
    wheel: new Wheel(20, systemTime),
    recheckMinMs: 20_000,
    recheckMaxMs: 40_000,
    awayMs: 50,
    random: () => Math.random(),
    isAway,
    ...options.watch,
  };
  const shared: TransportShared = {
    settings: { ...SETTINGS, ...options.settings },
    watch,
    held: new Held(
      { perSubject: 16, perAddress: 10_000, total: 10_000, ...options.limits },
      options.goingTime ?? systemTime,
    ),
    sockets: socketServer(1024),
    origins: new Origins(new URL(OWN), {
      find: () => undefined,
      learn: () => Promise.resolve(),
      isClientOrigin: (origin) => origin === REGISTERED,
    }),
    events: {
      opened: (transport) => log.push(`opened ${transport}`),
      told: () => undefined,
      closed: (transport, why) => log.push(`closed ${transport} ${why}`),
      refused: (transport, why) => log.push(`refused ${transport} ${why}`),
      ended: (_connection, reason, unread) => ends.push({ reason, ...unread }),
      defect: (error) => log.push(`defect ${String(error)}`),
    },
    now,
  };
  const plain = presentOf(world);
  const present = options.present?.(plain) ?? plain;

  function admittedOf(url: URL): Admitted<Seen> {
    return {
      subject: ticketSubject(url.pathname.split('/')[1]!),
      present,
      eventName: 'ticket',
      after: url.searchParams.get('after') ?? undefined,
      address: url.searchParams.get('from') ?? undefined,
      admit: options.admit ?? ((): void => undefined),
    };
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url!, 'http://localhost');
    try {
      if (url.pathname.endsWith('/events'))
        await holdSse(shared, admittedOf(url), req, res, {
          padding: url.searchParams.has('padding'),
          lastEventId: url.searchParams.get('lastEventId') ?? undefined,
        });
      else
        await holdPoll(shared, admittedOf(url), req, res, {
          wait: url.searchParams.get('wait') ?? undefined,
        });
    } catch (error) {
      if (!(error instanceof ScangateError)) throw error;
      const { code, detail } = error;
      if (detail.retryAfterMs !== undefined)
        res.setHeader('Retry-After', Math.ceil(detail.retryAfterMs / 1000));
      res.writeHead(STATUS[code] ?? 503, { 'Content-Type': 'application/problem+json' });
      res.end(JSON.stringify({ code, ...detail }));
    }
  }

  const connections = new Connections({
    tls: false,
    // None of these comes within a test: they are others' matter.
    times: {
      handshakeMs: 600_000,
      headerMs: 600_000,
      requestMs: 600_000,
      keepAliveMs: 600_000,
      stallMs: shared.settings.readerStallMs,
      lingerMs: 1000,
    },
    bounds: { perAddress: Infinity, total: Infinity, unanswered: Infinity },
    // Of its own: what is left in the other one is looked at.
    wheel: new Wheel(20, systemTime),
    peerOf: () => undefined,
    onCut: (why) => log.push(`cut ${why}`),
    onFull: () => undefined,
    now,
  });
  const server = createServer((req, res) => {
    if (options.nodeKeeps !== true) connections.begin(req.socket, res);
    serve(req, res).catch((error: unknown) => log.push(`thrown ${String(error)}`));
  });
  server.on('connection', (socket) => connections.accept(socket));
  connections.serve((socket) => server.emit('connection', socket));
  server.on('upgrade', (req, socket, head) => {
    connections.upgrade(socket);
    const url = new URL(req.url!, 'http://localhost');
    const admitted = admittedOf(url);
    const { cookie, authorization } = req.headers;
    const proven = (text: string): Admitted<Seen> | undefined => (text === SECRET ? admitted : undefined);
    const caller: SocketCaller<Seen> =
      cookie !== undefined
        ? { by: 'cookie', admitted: proven(cookie) }
        : authorization !== undefined
          ? { by: 'bearer', admitted: proven(authorization) }
          : { by: 'message', admit: ({ bearer }) => proven(bearer) };
    try {
      const { subject, after, address } = admitted;
      upgradeSocket(shared, { subject, after, address, caller }, req, socket, head);
      connections.handOver(socket);
    } catch (error) {
      const { code, detail } = error as ScangateError;
      socket.end(
        `HTTP/1.1 ${STATUS[code] ?? 503} No\r\nConnection: close\r\n\r\n${JSON.stringify({ code, ...detail })}`,
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const feed = openFeed(world, watch.hub, systemTime);
  await feed.ready;
  let nonce = 1000;

  return {
    world,
    shared,
    url: `http://127.0.0.1:${port}`,
    port,
    log,
    ends,
    server,
    connections,
    mint(lifeMs) {
      const subject = ticketSubject(freshId(Math.random));
      world.move(subject, 'pending', String((nonce += 1)), lifeMs);
      return subject;
    },
    move: (subject, status) => world.move(subject, status, String((nonce += 1))),
    isClean: () => watch.hub.size === 0 && watch.wheel.size === 0 && shared.held.size === 0,
    async close() {
      connections.destroyAll();
      server.close();
      await shared.held.drain({ waitMs: 0, windowMs: 0, maxMs: 0 });
      await feed.close();
    },
  };
}
