/**
 * What one waiting browser costs: resident memory a held connection, each way in a process of its own, beside bare
 * `node:http` and bare `ws` that do nothing but hold. `sse`, `poll` and `socket` are the transports on a bare server;
 * `gateway-…` are the whole gateway on its file store, from `dist`. Ratios count; the figures are of one machine.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './stage.mjs';

const CONNECTIONS = Number(process.env.CONNECTIONS ?? 5000);
/** Held before the first look, so that what the process keeps in reserve does not count. */
const WARM_UP = 1500;
const ALL = 'bare-sse sse gateway-sse bare-poll poll gateway-poll bare-ws socket gateway-socket';
const WAYS = (process.env.WAYS ?? ALL).split(' ');
const HEADERS = [
  'Host: localhost',
  'Connection: keep-alive',
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile: ?0',
  'Accept: */*',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: http://localhost/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8',
];
const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: scangate.v1',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
];

console.log(`Node ${process.version}, ${CONNECTIONS} connections each`);
console.log('way              KB a connection');
for (const way of WAYS) console.log(`${way.padEnd(16)} ${(await measure(way)).toFixed(1).padStart(15)}`);

/** KB of resident memory a connection. The gateway is started anew after minting, so that its heap is clean. */
async function measure(way) {
  const folder = await mkdtemp(join(tmpdir(), 'scangate-bench-'));
  const port = await freePort();
  const isGateway = way.startsWith('gateway-');
  let child;
  try {
    const tickets = isGateway ? await mintAll(port, folder) : invent(CONNECTIONS + WARM_UP);
    child = isGateway ? startGateway(port, folder) : startServer(way, port);
    await untilListens(port);
    const kind = way.split('-').at(-1).replace('ws', 'socket');
    const sockets = await openAll(kind, port, tickets.slice(CONNECTIONS));
    const before = await rssOf(child);
    sockets.push(...(await openAll(kind, port, tickets.slice(0, CONNECTIONS))));
    const after = await rssOf(child);
    for (const socket of sockets) socket.destroy();
    return (after - before) / CONNECTIONS;
  } finally {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function mintAll(port, folder) {
  const child = startGateway(port, folder);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    await untilListens(port);
    return await mint(port, CONNECTIONS + WARM_UP);
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

function startServer(way, port) {
  const file = fileURLToPath(new URL('held-server.mjs', import.meta.url));
  return start([file, way, String(CONNECTIONS + WARM_UP), String(port)], {});
}

function startGateway(port, folder) {
  return start(['dist/main.js'], {
    PORT: String(port),
    SCANGATE_STORE: `file:${folder}/store`,
    SCANGATE_LIMITS: 'off',
    SCANGATE_LOG_LEVEL: 'silent',
    SCANGATE_TICKET_LIFE: 'PT30M',
    SCANGATE_TICKET_LIFE_MAX: 'PT30M',
    SCANGATE_POLL_WAIT: 'PT55S',
    SCANGATE_DRAIN_WAIT: 'PT0S',
  });
}

function start(args, env) {
  const preload = new URL('gc-on-signal.mjs', import.meta.url).href;
  return spawn(process.execPath, ['--expose-gc', '--import', preload, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Resident memory in KB, without mapped files, after several collections. */
async function rssOf(child) {
  for (let round = 0; round < 5; round += 1) {
    child.kill('SIGUSR2');
    await sleep(300);
  }
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
}

/** Tickets of a bare server: it knows all names of this form. */
function invent(count) {
  return Array.from({ length: count }, (_, index) => {
    const id = String(index).padStart(22, 'A');
    return { path: `/${id}`, cookie: `scangate_${id}=${id}.b.${'m'.repeat(43)}`, cursor: '1-7' };
  });
}

async function mint(port, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const body = JSON.stringify({
    client_id: 'demo',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const tickets = await Promise.all(Array.from({ length: count }, () => mintOne(agent, port, body)));
  agent.destroy();
  return tickets;
}

function mintOne(agent, port, body) {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    host: `localhost:${port}`,
    origin: `http://localhost:${port}`,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, method: 'POST', path: '/v1/tickets', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode !== 201) return reject(new Error(text));
        const [cookie] = response.headers['set-cookie'][0].split(';');
        const { ticket_id: id, cursor } = JSON.parse(text);
        return resolve({ path: `/v1/tickets/${id}`, cookie, cursor });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function openAll(kind, port, tickets) {
  const sockets = [];
  for (let at = 0; at < tickets.length; at += 100) {
    const some = tickets.slice(at, at + 100).map((ticket) => open(kind, port, ticket));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

/** A poll is silent while it is held: it counts as open once it was sent and not answered for a moment. */
function open(kind, port, { path, cookie, cursor }) {
  const target = {
    sse: `${path}/events`,
    poll: `${path}/poll?after=${cursor}&wait=55`,
    socket: `${path}/socket`,
  };
  const plain = HEADERS.filter((line) => kind !== 'socket' || !line.startsWith('Connection'));
  const headers = [...plain, `Cookie: ${cookie}`, ...(kind === 'socket' ? UPGRADE : [])].map((line) =>
    line.replace('Host: localhost', `Host: localhost:${port}\r\nOrigin: http://localhost:${port}`),
  );
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${target[kind]} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      if (kind === 'poll') setTimeout(() => resolve(socket), 30);
    });
    socket.on('error', reject);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (kind === 'poll' || !/^HTTP\/1.1 (200|101)/.test(text)) reject(new Error(text));
      else if (text.includes('"pending"') || text.includes('xxx')) resolve(socket);
    });
  });
}

async function untilListens(port) {
  for (let tries = 0; tries < 400; tries += 1) {
    const there = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (there) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
