/**
 * Tickets a second: the gateway beside a bare `node:http` server that makes the same call to the same Redis for each
 * request. Both in turn, several rounds, in one run; the ratio is what counts.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../scripts/find-tools.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 4);
const AT_ONCE = 64;
const BODY = JSON.stringify({
  client_id: 'demo',
  binding: 'bearer',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
});

const folder = await mkdtemp(join(tmpdir(), 'scangate-bench-'));
const children = [];
try {
  const redisPort = await freePort();
  start(await findTool('redis-server'), [
    '--port',
    redisPort,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
    '--dir',
    folder,
  ]);
  const store = `redis://127.0.0.1:${redisPort}/0`;
  const gatewayPort = await freePort();
  start(process.execPath, ['dist/main.js'], {
    PORT: gatewayPort,
    SCANGATE_STORE: store,
    SCANGATE_SECRETS: Buffer.alloc(32, 'bench').toString('base64url'),
    SCANGATE_PHONE_IDENTITY: 'demo',
    SCANGATE_LIMITS: 'off',
    SCANGATE_LOG_LEVEL: process.env.BENCH_LOG ?? 'info',
  });
  const barePort = await freePort();
  start(process.execPath, ['bench/bare-tickets.mjs', store, barePort]);
  await untilAnswers(gatewayPort, '/readyz');
  await untilAnswers(barePort, '/');

  const ratios = [];
  console.log(
    `Node ${process.version}, ${AT_ONCE} requests at once, ${SECONDS} s each, ${ROUNDS} rounds in turn`,
  );
  console.log('round   gateway/s      bare/s   ratio');
  await round(gatewayPort, 1);
  await round(barePort, 1);
  for (let number = 1; number <= ROUNDS; number += 1) {
    const gateway = await round(gatewayPort, SECONDS);
    const bare = await round(barePort, SECONDS);
    ratios.push(gateway / bare);
    console.log(
      `${String(number).padStart(5)} ${gateway.toFixed(0).padStart(11)} ${bare.toFixed(0).padStart(11)} ${(gateway / bare).toFixed(2).padStart(7)}`,
    );
  }
  ratios.sort((a, b) => a - b);
  console.log(`median ratio ${ratios[Math.floor(ratios.length / 2)].toFixed(2)} (goal: at least 0.5)`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

function start(program, args, env = {}) {
  const child = spawn(program, args.map(String), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

/** Requests that were answered a second. */
async function round(port, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let answered = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() < end) {
        const status = await post(agent, port);
        if (status !== 201) throw new Error(`port ${port} answered ${status}`);
        answered += 1;
      }
    }),
  );
  agent.destroy();
  return answered / ((performance.now() - begun) / 1000);
}

function post(agent, port) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/tickets',
        headers: { 'content-type': 'application/json', 'content-length': BODY.length },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      },
    );
    request.on('error', reject);
    request.end(BODY);
  });
}

async function untilAnswers(port, path) {
  for (let tries = 0; tries < 200; tries += 1) {
    const ok = await fetch(`http://127.0.0.1:${port}${path}`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
