/** What one waiting browser costs: resident memory a held connection, each way in a process of its own. */
import {
  STREAM,
  browserRequest,
  closeAll,
  mintTickets,
  openAll,
  openWatch,
  watchRequest,
} from '../browsers.mjs';
import { nchanOf } from '../peers/nchan.mjs';
import { rssKb } from '../stage.mjs';

/** Held before the first look, so that what the process keeps in reserve does not count. */
const WARM_UP = 1500;
const COLLECTIONS = 5;
const COLLECTING_MS = 300;
const COLLECTING = ['--expose-gc', '--import', './bench/gc-on-signal.mjs'];

/** Socket.IO's connect packet in a masked text frame (RFC 6455 §5.2), its mask of zeros. */
export const SOCKET_IO_CONNECT = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);
export const socketIoRequest = (port, id) =>
  browserRequest(true, port, `/socket.io/?EIO=4&transport=websocket&id=${id}`);

const isTold = (text) => text.includes('"pending"') || text.includes('xxx');
const isGreeted = (text) => text.includes(': hi');

export const held = {
  name: 'held',
  says: 'KB of resident memory a waiting browser, after a forced collection; the gateway whole, on its file store',
  needsPeers: true,
  isStill: true,
  goals: [
    { of: 'gateway SSE', figure: 'KB', most: 8 },
    { of: 'gateway WebSocket', figure: 'KB', most: 8 },
    { of: 'gateway long-poll', figure: 'KB', most: 10 },
  ],
  open: (stage, browsers) => ({ stage, browsers }),
  contenders: {
    'gateway SSE': gateway('sse'),
    'gateway long-poll': gateway('poll'),
    'gateway WebSocket': gateway('socket'),
    'transport SSE': server('sse', 'sse'),
    'transport long-poll': server('poll', 'poll'),
    'transport WebSocket': server('socket', 'socket'),
    'bare SSE': server('bare-sse', 'sse'),
    'bare long-poll': server('bare-poll', 'poll'),
    'bare ws': server('bare-ws', 'socket'),
    'better-sse on Express': server('better-sse', 'sse'),
    'Nchan SSE': nchan(false, isGreeted),
    'Nchan WebSocket': nchan(true, (text) => text.includes('\r\n\r\n')),
    'socket.io': socketIo,
  },
};

function gateway(kind) {
  return async ({ stage, browsers }) => {
    const env = {
      SCANGATE_LOG_LEVEL: 'silent',
      SCANGATE_TICKET_LIFE: 'PT30M',
      SCANGATE_TICKET_LIFE_MAX: 'PT30M',
      SCANGATE_POLL_WAIT: 'PT55S',
      SCANGATE_DRAIN_WAIT: 'PT0S',
    };
    const store = `file:${stage.folder}/${kind}`;
    const minting = await stage.gateway({ store, env });
    const tickets = await mintTickets(minting.port, browsers + WARM_UP);
    await stage.end(minting.child);
    // Anew, so that its heap is clean of minting.
    const { child, port } = await stage.gateway({ store, env, node: COLLECTING });
    const isOpen = kind === 'poll' ? undefined : isTold;
    return await costOf(stage, child, tickets, (ticket) =>
      openWatch(port, watchRequest(kind, port, ticket), isOpen),
    );
  };
}

/** A way of `held-server.mjs`, which knows all tickets of this form. */
function server(way, kind) {
  return async ({ stage, browsers }) => {
    const count = browsers + WARM_UP;
    const tickets = Array.from({ length: count }, (_, index) => {
      const id = String(index).padStart(22, 'A');
      return { path: `/${id}`, cookie: `scangate_${id}=${id}.b.${'m'.repeat(43)}`, cursor: '1-7' };
    });
    const { child, port } = await stage.server('bench/held-server.mjs', [way, count], {
      node: COLLECTING,
    });
    const isOpen = kind === 'poll' ? undefined : isTold;
    return await costOf(stage, child, tickets, (ticket) =>
      openWatch(port, watchRequest(kind, port, ticket), isOpen),
    );
  };
}

function nchan(upgrades, isOpen) {
  return async ({ stage, browsers }) => {
    const { child, port } = await stage.program((port) => nchanOf({ port, folder: stage.folder }));
    return await costOf(stage, child, numbers(browsers), (id) => {
      const lines = upgrades ? [] : [STREAM];
      return openWatch(port, browserRequest(upgrades, port, `/wait/${id}`, lines), isOpen);
    });
  };
}

async function socketIo({ stage, browsers }) {
  const { child, port } = await stage.server('bench/peers/socket-io.mjs', [], { node: COLLECTING });
  return await costOf(stage, child, numbers(browsers), (id) =>
    openWatch(port, socketIoRequest(port, id), isTold, SOCKET_IO_CONNECT),
  );
}

function numbers(browsers) {
  return Array.from({ length: browsers + WARM_UP }, (_, index) => index);
}

async function costOf(stage, child, tickets, open) {
  const count = tickets.length - WARM_UP;
  const sockets = await openAll(tickets.slice(count), open);
  const before = await residentKb(child);
  sockets.push(...(await openAll(tickets.slice(0, count), open)));
  const after = await residentKb(child);
  closeAll(sockets);
  await stage.stop(child);
  return { KB: (after - before) / count };
}

/** After several collections, where the process knows any. */
async function residentKb(child) {
  const collects = child.spawnargs.includes('--expose-gc');
  for (let round = 0; round < COLLECTIONS; round += 1) {
    if (collects) child.kill('SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, COLLECTING_MS));
  }
  return rssKb(child);
}
