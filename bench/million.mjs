/**
 * A long log: Redis memory a live ticket, folding everything anew (as `npm run rebuild` does) beside parsing alone, and
 * how soon a node that starts beside that log is ready. `EVENTS=1000000 node bench/million.mjs` for the whole count.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../scripts/find-tools.mjs';
import { CONFIRM, REDEEM, SCAN, openFill } from './fill.mjs';

const EVENTS = Number(process.env.EVENTS ?? 200_000);
/** Tickets that stay alive, whose memory is taken. */
const LIVE = 20_000;
/** Events of a live ticket at the end, and of a whole sign-in. */
const LIVE_EVENTS = 3;
const SIGN_IN_EVENTS = 4;
/** Sign-ins whose ids are made together. */
const PAGE = 10_000;

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
  const fill = await openFill(url);
  const before = await fill.usedMemory();
  const memory = async (state) => {
    const bytes = ((await fill.usedMemory()) - before) / LIVE;
    console.log(`Redis memory a ${state} ticket: ${bytes.toFixed(0)} B`);
  };
  console.log(`${LIVE} live tickets …`);
  const live = await fill.mint(LIVE);
  await memory('pending');
  await fill.run(live, SCAN);
  await memory('scanned');
  await fill.run(live, CONFIRM);
  await memory('confirmed');

  const signIns = Math.ceil(Math.max(0, EVENTS - LIVE * LIVE_EVENTS) / SIGN_IN_EVENTS);
  console.log(`${signIns} whole sign-ins …`);
  for (let done = 0; done < signIns; done += PAGE) {
    const ids = await fill.mint(Math.min(PAGE, signIns - done));
    for (const command of [SCAN, CONFIRM, REDEEM]) await fill.run(ids, command);
  }

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
  await dropHeads(fill.admin);
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
  await fill.close();
} finally {
  redis.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
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

async function dropHeads(admin) {
  for (let cursor = '0'; ;) {
    const [next, keys] = await admin.scan(cursor, 'MATCH', '*h:ticket:*', 'COUNT', 5000);
    if (keys.length > 0) await admin.unlink(...keys);
    cursor = next;
    if (cursor === '0') return;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}
