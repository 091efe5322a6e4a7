/** One way to hold connections, in a process of its own: `node held-server.mjs <port> <way> <tickets>`. */
import { createServer } from 'node:http';
import { register } from 'node:module';
import { WebSocketServer } from 'ws';

register('../scripts/typescript-loader.mjs', import.meta.url);

const [port, way, tickets] = process.argv.slice(2);
const ids = Array.from({ length: Number(tickets) }, (_, index) => String(index).padStart(22, 'A'));
const server = createServer();

const bare = {
  sse(req, res) {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.write(`retry: 2000\n\nevent: ticket\ndata: ${'x'.repeat(300)}\n\n`);
  },
  poll: () => undefined,
};

if (way === 'bare-ws') {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  server.on('upgrade', (req, socket, head) =>
    sockets.handleUpgrade(req, socket, head, (one) => one.send('x'.repeat(300))),
  );
} else if (way === 'better-sse') {
  await mountBetterSse();
} else if (way.startsWith('bare-')) {
  server.on('request', bare[way.slice(5)]);
} else {
  await mountTransports();
}

server.listen(Number(port), '127.0.0.1');

async function mountBetterSse() {
  const [{ default: express }, { createSession }] = await Promise.all([
    import('express'),
    import('better-sse'),
  ]);
  const app = express().get('/:id/events', async (req, res) => {
    const session = await createSession(req, res, { keepAlive: null });
    session.push('x'.repeat(300), 'ticket');
  });
  server.on('request', app);
}

async function mountTransports() {
  const { Connections } = await import('../src/http/connections/connections.ts');
  const { World, presentOf } = await import('../test/watch/world.ts');
  const { Origins } = await import('../src/http/caller/origins.ts');
  const { Held } = await import('../src/http/transports/held.ts');
  const { holdSse } = await import('../src/http/transports/sse.ts');
  const { holdPoll } = await import('../src/http/transports/long-poll.ts');
  const { socketServer, upgradeSocket } = await import('../src/http/transports/web-socket.ts');
  const { Hub } = await import('../src/watch/hub.ts');
  const { Wheel } = await import('../src/watch/wheel.ts');
  const world = new World();
  for (const id of ids) world.move(`ticket:${id}`, 'pending', '7', 3_600_000);
  const { systemTime } = await import('../src/time/system-time.ts');
  const shared = {
    settings: {
      retryMs: 2000,
      sseHeartbeatMs: 15_000,
      sseLifeMinMs: 300_000,
      sseLifeMaxMs: 600_000,
      pollWaitMs: 50_000,
      pollJitterMs: 3000,
      pingMs: 30_000,
      pongMs: 15_000,
      secretWaitMs: 5000,
      socketMessageBytes: 1024,
      readerBytes: 65_536,
      readerStallMs: 20_000,
    },
    watch: {
      hub: new Hub(),
      wheel: new Wheel(50, systemTime),
      recheckMinMs: 20_000,
      recheckMaxMs: 40_000,
      awayMs: 1000,
      random: Math.random,
      isAway: () => false,
    },
    held: new Held({ perSubject: 16, perAddress: 1e6, total: 1e6 }, systemTime),
    sockets: socketServer(1024),
    origins: new Origins(new URL(`http://localhost:${port}`), {
      find: () => undefined,
      isClientOrigin: () => false,
    }),
    events: { opened() {}, told() {}, closed() {}, refused() {}, ended() {}, defect: giveUp },
    now: () => systemTime.now(),
  };
  const present = presentOf(world);
  const admittedOf = (req) => {
    const [, id] = req.url.split(/[/?]/);
    const after = req.url.split(/after=|&/)[1];
    return {
      subject: `ticket:${id}`,
      present,
      eventName: 'ticket',
      after,
      address: req.socket.remoteAddress,
      admit() {},
    };
  };
  const connections = new Connections({
    tls: false,
    times: {
      handshakeMs: 10_000,
      headerMs: 10_000,
      requestMs: 30_000,
      keepAliveMs: 65_000,
      stallMs: shared.settings.readerStallMs,
      lingerMs: 5000,
    },
    bounds: { perAddress: Infinity, total: Infinity, unanswered: Infinity },
    wheel: shared.watch.wheel,
    peerOf: () => undefined,
    onCut() {},
    onFull() {},
    now: shared.now,
  });
  server.on('connection', (socket) => connections.accept(socket));
  connections.serve((socket) => server.emit('connection', socket));
  server.on('request', (req, res) => {
    connections.begin(req.socket, res);
    const held = way === 'sse' ? holdSse : holdPoll;
    held(shared, admittedOf(req), req, res).catch(giveUp);
  });
  server.on('upgrade', (req, socket, head) => {
    const admitted = admittedOf(req);
    upgradeSocket(
      shared,
      { subject: admitted.subject, address: admitted.address, caller: { by: 'bearer', admitted } },
      req,
      socket,
      head,
    );
  });
}

function giveUp(error) {
  console.error(error);
  process.exit(1);
}
