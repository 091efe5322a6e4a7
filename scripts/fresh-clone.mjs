/**
 * `npm run fresh-clone`: what a stranger does first. Clones HEAD into an empty folder, `npm ci`, `npm start`, fetches
 * the sign-in page, ends it with SIGTERM.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

const READY_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 30_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'scangate-clone-'));
const checkout = join(folder, 'scangate');
const env = strangersEnvironment();
let gateway;
for (const [signal, status] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }))
  process.once(signal, () => {
    cleanUp();
    process.exit(status);
  });

try {
  await step('git clone', () => run('git', ['clone', '--quiet', root, checkout], folder));
  await step('npm ci', () => run('npm', ['ci', '--silent'], checkout));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  gateway = startGateway(port);
  await step('npm start', () => untilReady(url, gateway));
  await step('the sign-in page', () => fetchPage(url));
  await step('SIGTERM', () => stop(gateway));
} catch (error) {
  console.error(`fresh clone: ${error.message}${gateway ? `\n${gateway.printed()}` : ''}`);
  process.exitCode = 1;
} finally {
  cleanUp();
}

function cleanUp() {
  gateway?.endGroup();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Neither our own settings nor what npm tells the scripts it runs. */
function strangersEnvironment() {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig)$/;
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(SCANGATE_|npm_|HOST$|PORT$|NODE_OPTIONS$|INIT_CWD$)/.test(name) || kept.test(name),
  );
  return Object.fromEntries(entries);
}

async function step(name, work) {
  const start = performance.now();
  await work();
  console.log(`fresh clone: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0)
    throw new Error(`${command} ${args[0]} ended with ${error ?? `status ${status}`}`);
}

/** Below the ports that a system hands out by itself: what runs beside us takes none of these in between. */
async function freePort() {
  for (;;) {
    const port = 19_000 + Math.floor(Math.random() * 1000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** In a process group of its own, so nothing of it stays even when npm loses track of it. */
function startGateway(port) {
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  return {
    child,
    printed: () => printed,
    ended: once(child, 'exit'),
    endGroup: () => {
      try {
        process.kill(-Number(child.pid), 'SIGKILL');
      } catch {
        // it has ended, as it should
      }
    },
  };
}

async function untilReady(url, { child }) {
  const end = performance.now() + READY_LIMIT_MS;
  while (performance.now() < end) {
    if (child.exitCode !== null) throw new Error(`npm start ended with status ${child.exitCode}`);
    const status = await fetch(`${url}/readyz`).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return;
    await sleep(100);
  }
  throw new Error(`not ready within ${READY_LIMIT_MS / 1000} s`);
}

async function fetchPage(url) {
  const answer = await fetch(`${url}/`);
  const page = await answer.text();
  const isPage = answer.status === 200 && /<html/i.test(page);
  if (!isPage) throw new Error(`GET / answered ${answer.status}: ${page.slice(0, 200)}`);
}

async function stop({ child, ended }) {
  child.kill('SIGTERM');
  const late = new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS, ['nothing', null]).unref());
  const [code, signal] = await Promise.race([ended, late]);
  if (code !== 0) throw new Error(`after SIGTERM npm start ended with ${signal ?? `status ${code}`}`);
}
