/**
 * A long log: Redis memory a live ticket, folding everything anew beside parsing alone, and how soon a node that starts
 * beside that log is ready. `EVENTS=1000000 node bench/million.mjs` for the whole count.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ticketCommands } from '../dist/command/ticket-commands.js';
import { partitionKeys } from '../dist/store/keys.js';
import { parseEntry } from '../dist/store/redis/log-entry.js';
import { openRedisStore } from '../dist/store/redis/open.js';
import { REDIS_DEFAULTS } from '../dist/store/redis/settings.js';
import { findTool } from '../scripts/find-tools.mjs';

const EVENTS = Number(process.env.EVENTS ?? 200_000);
const PER_TICKET = 3;
const AT_ONCE = 256;
const PARTITIONS = 16;
const HOUR_MS = 3_600_000;
const MINTED = {
  client_id: 'shop',
  grant: 'authorization_code',
  binding: 'cookie',
  key_id: 'AAAAAAAA',
  redirect_uri: 'https://shop.example/callback',
  scope: ['openid', 'profile'],
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  browser: { ip: '203.0.113.7', agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0' },
  lives: {
    ticket_ms: HOUR_MS,
    decision_ms: HOUR_MS,
    max_ms: HOUR_MS,
    code_ms: HOUR_MS,
    qr_period_ms: 30_000,
  },
  shows_scanner: true,
  number_match: false,
};
const ADA = { source: 'jwt', issuer: 'https://id.example', subject: 'ada', name: 'Ada' };
const PHONE = { ip: '198.51.100.4', agent: 'ShopApp/7.1 (iPhone)' };

const folder = await mkdtemp(join(tmpdir(), 'scangate-million-'));
const port = await freePort();
const url = `redis://127.0.0.1:${port}/0`;
const redis = spawn(
  await findTool('redis-server'),
  [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
    '--dir',
    folder,
  ].map(String),
  { stdio: 'ignore' },
);
try {
  const { store } = await openAgain();
  const commands = ticketCommands({
    store,
    makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
    tries: 6,
    durability: 'acknowledged',
  });
  const admin = new Redis(url);
  const before = await usedMemory(admin);
  const tickets = Math.floor(EVENTS / PER_TICKET);
  const memory = async (state) => {
    const bytes = (await usedMemory(admin)) - before;
    console.log(`Redis memory a ${state} ticket: ${(bytes / tickets).toFixed(0)} B (goal: at most 1126 B)`);
  };
  const ids = Array.from({ length: tickets }, () => randomBytes(16).toString('base64url'));
  console.log(`writing ${tickets} tickets of ${PER_TICKET} events …`);
  await forEach(ids, (id) => commands.mint(id, MINTED));
  await memory('pending');
  await forEach(ids, (id) => commands.run(id, { type: 'scan', user: ADA, phone: PHONE }, () => undefined));
  await memory('scanned');
  await forEach(ids, (id) => commands.run(id, { type: 'confirm', user: ADA }, () => undefined));
  await memory('confirmed');

  await store.close();
  const { store: reader, rebuildAll } = await openAgain();
  for (let round = 1; round <= 3; round += 1) {
    const parse = await timed(() => parseAll(admin));
    const rebuild = await timed(() => rebuildAll(() => undefined));
    console.log(
      `round ${round}: parsing alone ${parse.seconds.toFixed(2)} s, folding and comparing ${rebuild.seconds.toFixed(2)} s, ` +
        `ratio ${(rebuild.seconds / parse.seconds).toFixed(2)}; ${rebuild.result.equal} heads equal to the byte`,
    );
  }
  await dropHeads(admin);
  const rebuilt = await timed(() => rebuildAll(() => undefined));
  console.log(`all heads deleted: ${rebuilt.result.rebuilt} put back in ${rebuilt.seconds.toFixed(2)} s`);

  const begun = performance.now();
  const gateway = spawn(process.execPath, ['dist/main.js'], {
    env: {
      ...process.env,
      PORT: String(await freePort()),
      SCANGATE_STORE: url,
      SCANGATE_SECRETS: Buffer.alloc(32, 'bench').toString('base64url'),
      SCANGATE_PHONE_IDENTITY: 'demo',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => gateway.stdout.once('data', resolve));
  console.log(`a gateway beside this log is ready in ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  gateway.kill('SIGKILL');
  admin.disconnect();
  await reader.close();
} finally {
  redis.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

async function openAgain() {
  for (let tries = 0; ; tries += 1) {
    try {
      return await openRedisStore({
        url,
        settings: { ...REDIS_DEFAULTS, historyMs: HOUR_MS, lifeMaxMs: HOUR_MS, callTimeoutMs: 10_000 },
        migrate: true,
        clock: () => performance.now(),
        random: Math.random,
        randomText: () => randomBytes(16).toString('hex'),
      });
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function forEach(ids, act) {
  let next = 0;
  const work = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await act(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function parseAll(admin) {
  let events = 0;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    for (let from = '-'; ;) {
      const page = await admin.xrange(partitionKeys(partition).log, from, '+', 'COUNT', 1000);
      for (const [, fields] of page) {
        JSON.parse(parseEntry(fields[1]).event.data);
        events += 1;
      }
      if (page.length < 1000) break;
      from = `(${page.at(-1)[0]}`;
    }
  }
  return events;
}

async function dropHeads(admin) {
  for (let cursor = '0'; ;) {
    const [next, keys] = await admin.scan(cursor, 'MATCH', '*h:ticket:*', 'COUNT', 5000);
    if (keys.length > 0) await admin.unlink(...keys);
    cursor = next;
    if (cursor === '0') return;
  }
}

async function usedMemory(admin) {
  return Number(/used_memory:(\d+)/.exec(await admin.info('memory'))[1]);
}

async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begun) / 1000 };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}
