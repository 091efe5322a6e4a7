/**
 * A long log: Redis memory a live ticket, folding everything anew (as `npm run rebuild` does) beside parsing alone, and
 * how soon a node that starts beside that log is ready. `EVENTS=1000000 node bench/million.mjs` for the whole count.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { ticketCommands } from '../dist/command/ticket-commands.js';
import { openRedisStore } from '../dist/store/redis/open.js';
import { REDIS_DEFAULTS } from '../dist/store/redis/redis-settings.js';
import { systemTime } from '../dist/time/system-time.js';
import { findTool } from '../scripts/find-tools.mjs';

const EVENTS = Number(process.env.EVENTS ?? 200_000);
/** Tickets that stay alive, whose memory is taken. */
const LIVE = 20_000;
/** Events of a live ticket at the end, and of a whole sign-in. */
const LIVE_EVENTS = 3;
const SIGN_IN_EVENTS = 4;
const AT_ONCE = 256;
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
  const store = await openStore();
  const commands = ticketCommands({
    store,
    makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
    tries: 6,
  });
  const admin = new Redis(url);
  const scan = { type: 'scan', user: ADA, phone: PHONE };
  const confirm = { type: 'confirm', user: ADA };
  const run = (id, command) => commands.run(id, command, () => undefined);

  const before = await usedMemory(admin);
  const memory = async (state) => {
    const bytes = ((await usedMemory(admin)) - before) / LIVE;
    console.log(`Redis memory a ${state} ticket: ${bytes.toFixed(0)} B`);
  };
  console.log(`${LIVE} live tickets …`);
  const live = makeIds(LIVE);
  await forEach(live, (id) => commands.mint(id, MINTED));
  await memory('pending');
  await forEach(live, (id) => run(id, scan));
  await memory('scanned');
  await forEach(live, (id) => run(id, confirm));
  await memory('confirmed');

  const signIns = Math.ceil(Math.max(0, EVENTS - LIVE * LIVE_EVENTS) / SIGN_IN_EVENTS);
  console.log(`${signIns} whole sign-ins, ${AT_ONCE} at a time …`);
  await forEach(makeIds(signIns), async (id) => {
    await commands.mint(id, MINTED);
    for (const command of [scan, confirm, { type: 'redeem' }]) await run(id, command);
  });
  await store.close();

  for (let round = 1; round <= 3; round += 1) {
    const parse = await timed('bench/parse-log.mjs', url);
    console.log(`round ${round}, parsed alone: ${parse.said}`);
    for (const threads of new Set([1, availableParallelism()])) {
      const { seconds, said } = await rebuild(threads);
      console.log(
        `  folded and compared on ${threads}: ratio ${(seconds / parse.seconds).toFixed(2)}; ${said}`,
      );
    }
  }
  await dropHeads(admin);
  console.log(`all heads deleted: ${(await rebuild(availableParallelism())).said}`);

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
} finally {
  redis.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

async function openStore() {
  for (let tries = 0; ; tries += 1) {
    try {
      const opened = await openRedisStore({
        url,
        settings: { ...REDIS_DEFAULTS, historyMs: HOUR_MS, lifeMaxMs: HOUR_MS, callTimeoutMs: 10_000 },
        migrate: true,
        time: systemTime,
        random: Math.random,
        randomText: () => randomBytes(16).toString('hex'),
      });
      return opened.store;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function makeIds(count) {
  return Array.from({ length: count }, () => randomBytes(16).toString('base64url'));
}

function rebuild(threads) {
  return timed('dist/cli/scangate.js', 'rebuild', '--threads', String(threads));
}

/** Runs a command of its own process: what it said last, and how long that says it took, connected. */
async function timed(...args) {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, SCANGATE_STORE: url, SCANGATE_HISTORY: 'PT1H' },
  });
  const said = stdout.trim().split('\n').at(-1);
  return { said, seconds: Number(/in ([\d.]+) s$/.exec(said)[1]) };
}

async function forEach(ids, act) {
  let next = 0;
  const work = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await act(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
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

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}
