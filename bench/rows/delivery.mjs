/**
 * How soon a waiting browser is told: from when the phone's request was due at one node until the bytes are there at a socket that
 * another node holds.
 */
import { STREAM, mintTickets, openAll, openWatch, browserRequest, watchRequest } from '../browsers.mjs';
import { Connection, jsonOf, requestOf } from '../connection.mjs';
import { openLoop } from '../load.mjs';
import { nchanOf } from '../peers/nchan.mjs';
import { SOCKET_IO_CONNECT, socketIoRequest } from './held.mjs';
import { cpuMs } from '../stage.mjs';

const PER_SECOND = 200;
const SENDERS = 64;
const LOST_AFTER_MS = 20_000;
const MESSAGE = { status: 'confirmed', filler: 'x'.repeat(280) };

export const delivery = {
  name: 'delivery',
  says: `confirm to browser over two nodes, ${PER_SECOND} a second while all browsers wait; not corrected for what a confirm decides`,
  needsPeers: true,
  goals: ['p50 ms', 'p99 ms'].map((figure) => ({ of: 'gateway', beside: 'bare', figure, most: 1.5 })),

  async open(stage, browsers) {
    const redis = await stage.redis();
    const env = {
      SCANGATE_TICKET_LIFE: 'PT30M',
      SCANGATE_TICKET_LIFE_MAX: 'PT30M',
      SCANGATE_QR_PERIOD: 'PT1H',
    };
    const pair = async (start) => [await start(), await start()];
    const scene = {
      redis,
      gateway: await pair(() => stage.gateway({ store: redis.url, env })),
      bare: await pair(() => stage.server('bench/peers/bare-told.mjs', [redis.url])),
      socketIo: await pair(() => stage.server('bench/peers/socket-io.mjs', [redis.url])),
      nchan: await pair(() =>
        stage.program((port) => nchanOf({ port, folder: stage.folder, redisUrl: redis.url })),
      ),
    };
    scene.crowds = {
      gateway: await crowdOfTickets(scene.gateway, browsers),
      bare: await crowdOf(scene.bare, browsers, bareWatch),
      socketIo: await crowdOf(scene.socketIo, browsers, socketIoWatch),
      nchan: await crowdOf(scene.nchan, browsers, nchanWatch),
    };
    return scene;
  },

  contenders: {
    gateway: told('gateway'),
    bare: told('bare'),
    'socket.io': told('socketIo'),
    'Nchan with Redis': told('nchan'),
  },
};

const bareWatch = (port, id) =>
  openWatch(port, browserRequest(false, port, `/wait/${id}`), (text) => text.includes('"pending"'));
const socketIoWatch = (port, id) =>
  openWatch(port, socketIoRequest(port, id), (text) => text.includes('"pending"'), SOCKET_IO_CONNECT);
const nchanWatch = (port, id) =>
  openWatch(port, browserRequest(false, port, `/wait/${id}`, [STREAM]), (text) => text.includes(': hi'));

/** A crowd at the first node, and how the second is asked to tell one of it. Each can be told once. */
async function crowdOf([here], browsers, watch) {
  const ids = Array.from({ length: browsers }, (_, index) => `crowd${index}`);
  const sockets = await openAll(ids, (id) => watch(here.port, id));
  return {
    waiting: ids.map((id, index) => ({ id, socket: sockets[index] })),
    ready: () => undefined,
    tell: async (sender, { id }) => {
      await sender.send(requestOf('POST', `/publish/${id}`, { json: MESSAGE }));
    },
  };
}

async function crowdOfTickets([here, there], browsers) {
  const tickets = await mintTickets(here.port, browsers);
  const sockets = await openAll(tickets, (ticket) =>
    openWatch(here.port, watchRequest('sse', here.port, ticket), (text) => text.includes('"pending"')),
  );
  const host = `localhost:${there.port}`;
  const headers = { authorization: 'Bearer demo-bench' };
  return {
    waiting: tickets.map((ticket, index) => ({ ...ticket, socket: sockets[index] })),
    async ready(sender, ticket) {
      const json = { scan_code: new URL(ticket.scanUrl).pathname.split('/s/')[1] };
      const answer = await sender.send(requestOf('POST', '/v1/scans', { headers, json, host }));
      ticket.handshake = jsonOf(answer, 201, 'scan').handshake;
    },
    async tell(sender, { path, handshake }) {
      const request = requestOf('POST', `${path}/confirm`, { headers, json: { handshake }, host });
      jsonOf(await sender.send(request), 200, 'confirm');
    },
  };
}

function told(name) {
  return async (scene, seconds) => {
    const { waiting, ready, tell } = scene.crowds[name];
    const { port } = scene[name][1];
    // Of this round: a server may close what was idle for longer.
    const free = Array.from({ length: SENDERS }, () => new Connection(port));
    const count = Math.round(PER_SECOND * seconds);
    if (waiting.length < count)
      throw new Error(`too few browsers are left at ${name}: ask for more, or less`);
    const next = waiting.splice(0, count);
    for (const one of next) await ready(free[0], one);
    const before = cpuOf(scene[name]);
    let lost = 0;
    const { p50, p99, p999 } = await openLoop({
      perSecond: PER_SECOND,
      seconds,
      async work(number) {
        const one = next[number];
        const heard = heardBy(one.socket);
        const sender = free.pop() ?? new Connection(port);
        await tell(sender, one);
        free.push(sender);
        const { at, isLost } = await heard;
        if (isLost) lost += 1;
        return at;
      },
    });
    for (const { socket } of next) socket.destroy();
    for (const sender of free) sender.close();
    const cpu = (cpuOf(scene[name]) - before) / count;
    return { 'p50 ms': p50, 'p99 ms': p99, 'p99.9 ms': p999, 'ms of CPU': cpu, lost };
  };
}

/** When a browser was told; when it is given up, where it never is. */
function heardBy(socket) {
  return new Promise((resolve) => {
    const end = setTimeout(() => resolve({ at: performance.now(), isLost: true }), LOST_AFTER_MS);
    socket.on('data', (text) => {
      if (!text.includes('confirmed')) return;
      clearTimeout(end);
      resolve({ at: performance.now(), isLost: false });
    });
  });
}

function cpuOf(nodes) {
  return nodes.reduce((sum, { child }) => sum + cpuMs(child), 0);
}
