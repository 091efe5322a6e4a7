/**
 * What one waiting browser costs: resident memory a held connection, each way in a process of its own. Browsers come in steps, and
 * the cost is the slope of the line through them: what the process has in reserve at any step bends it little.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HELD_BY_ONE,
  STREAM,
  browserRequest,
  closeAll,
  mintTickets,
  openAll,
  openWatch,
  watchRequest,
} from '../browsers.mjs';
import { nchanOf } from '../peers/nchan.mjs';
import { counted } from '../figures.mjs';
import { lineThrough } from '../slope.mjs';
import { rssKb } from '../stage.mjs';

/** Held before the first look, so that what the process fills once does not count. */
const WARM_UP = 1500;
/** Looks behind the first, as many browsers apart. */
const STEPS = 4;
/** It is collected until that gives nothing back any more, so often at most. */
const COLLECTIONS_MAX = 10;
const STEADY = 0.002;
const COLLECTED_WITHIN_MS = 60_000;
const LOOK_MS = 50;
/** Who knows no collection is looked at after as long. */
const SETTLING_MS = 500;
const COLLECTING = ['--expose-gc', '--import', './bench/gc-on-signal.mjs'];

/** Socket.IO's connect packet in a masked text frame (RFC 6455 §5.2), its mask of zeros. */
export const SOCKET_IO_CONNECT = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);
export const socketIoRequest = (port, id) =>
  browserRequest(true, port, `/socket.io/?EIO=4&transport=websocket&id=${id}`);

const isTold = (text) => text.includes('"pending"') || text.includes('xxx');
const isGreeted = (text) => text.includes(': hi');

export const held = {
  name: 'held',
  says: ({ browsers }) =>
    `KB of resident memory a waiting browser, by the line through ${STEPS + 1} looks up to ${counted(waiting(browsers))}, each after forced collections; the gateway whole, on its file store`,
  needsPeers: true,
  isStill: true,
  goals: [
    { of: 'gateway SSE', figure: 'KB', most: 8 },
    { of: 'gateway WebSocket', figure: 'KB', most: 8 },
    { of: 'gateway long-poll', figure: 'KB', most: 10 },
  ],
  open: (stage, browsers) => ({ stage, browsers: waiting(browsers) }),
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

function waiting(browsers) {
  return Math.min(browsers, HELD_BY_ONE);
}

let processes = 0;

/** What a process is started with that tells when it has collected. */
function collecting({ folder }) {
  return { node: COLLECTING, env: { BENCH_COLLECTED: `${folder}/collected-${(processes += 1)}` } };
}

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
    const collects = collecting(stage);
    const { child, port } = await stage.gateway({
      store,
      node: collects.node,
      env: { ...env, ...collects.env },
    });
    const isOpen = kind === 'poll' ? undefined : isTold;
    return await costOf(stage, { child, collects }, tickets, (ticket) =>
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
    const collects = collecting(stage);
    const { child, port } = await stage.server('bench/held-server.mjs', [way, count], collects);
    const isOpen = kind === 'poll' ? undefined : isTold;
    return await costOf(stage, { child, collects }, tickets, (ticket) =>
      openWatch(port, watchRequest(kind, port, ticket), isOpen),
    );
  };
}

function nchan(upgrades, isOpen) {
  return async ({ stage, browsers }) => {
    const { child, port } = await stage.program((port) => nchanOf({ port, folder: stage.folder }));
    return await costOf(stage, { child }, numbers(browsers), (id) => {
      const lines = upgrades ? [] : [STREAM];
      return openWatch(port, browserRequest(upgrades, port, `/wait/${id}`, lines), isOpen);
    });
  };
}

async function socketIo({ stage, browsers }) {
  const collects = collecting(stage);
  const { child, port } = await stage.server('bench/peers/socket-io.mjs', [], collects);
  return await costOf(stage, { child, collects }, numbers(browsers), (id) =>
    openWatch(port, socketIoRequest(port, id), isTold, SOCKET_IO_CONNECT),
  );
}

function numbers(browsers) {
  return Array.from({ length: browsers + WARM_UP }, (_, index) => index);
}

async function costOf(stage, held, tickets, open) {
  const sockets = [];
  const looks = [];
  for (let step = 0; step <= STEPS; step += 1) {
    const count = WARM_UP + Math.round(((tickets.length - WARM_UP) * step) / STEPS);
    sockets.push(...(await openAll(tickets.slice(sockets.length, count), open)));
    looks.push([count, await residentKb(held)]);
  }
  closeAll(sockets);
  await stage.stop(held.child);
  return { KB: lineThrough(looks).slope };
}

/** After as many collections as give something back, where the process knows any. */
async function residentKb({ child, collects }) {
  if (collects === undefined) {
    await sleep(SETTLING_MS);
    return rssKb(child);
  }
  let before = Infinity;
  for (let round = 0; round < COLLECTIONS_MAX; round += 1) {
    await collect(child, collects.env.BENCH_COLLECTED);
    const now = rssKb(child);
    if (round > 0 && now > before * (1 - STEADY)) return now;
    before = now;
  }
  return before;
}

/** Collects, and waits until that is done: on a busy machine it is not in any fixed time. */
async function collect(child, file) {
  const often = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
  const before = often();
  child.kill('SIGUSR2');
  const end = performance.now() + COLLECTED_WITHIN_MS;
  while (often() <= before) {
    if (performance.now() > end) throw new Error(`nothing was collected within ${COLLECTED_WITHIN_MS} ms`);
    await sleep(LOOK_MS);
  }
  // What a collection frees in the background, and what closes behind it.
  await sleep(LOOK_MS);
}
