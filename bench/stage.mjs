/**
 * What a measurement runs on: processes of their own, pinned apart (servers on the first core, Redis and the load on the
 * others), on free ports of 127.0.0.1, in a folder that goes with them.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool } from '../scripts/find-tools.mjs';

const READY_WITHIN_MS = 180_000;
const TICKS_A_SECOND = 100;
const root = fileURLToPath(new URL('..', import.meta.url));

export async function openStage() {
  const folder = await mkdtemp(join(tmpdir(), 'scangate-bench-'));
  const children = [];
  const programs = new Set();

  function start(program, args, { env = {}, core = SERVER_CORE } = {}) {
    const child = spawn('taskset', ['-c', core, program, ...args.map(String)], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return child;
  }

  return {
    folder,

    /** A script of ours by its path below the checkout, with a port as its first argument; answers once it listens. */
    async server(script, args = [], options = {}) {
      const port = await freePort();
      const child = start(process.execPath, [...(options.node ?? []), script, port, ...args], options);
      await untilListens(port, child);
      return { child, port };
    },

    /** A program that ends its own workers. @param commandOf makes it of a free port: `[program, args]`. */
    async program(commandOf) {
      const port = await freePort();
      const [program, args] = await commandOf(port);
      const child = start(program, args);
      programs.add(child);
      await untilListens(port, child);
      return { child, port };
    },

    async redis(args = []) {
      const port = await freePort();
      const own = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
      const child = start(
        await findTool('redis-server'),
        [...own, '--maxmemory-policy', 'noeviction', ...args],
        { core: LOAD_CORES },
      );
      await untilListens(port, child);
      return { child, port, url: `redis://127.0.0.1:${port}/0` };
    },

    /** A gateway as `scangate serve` starts it, with no limits, since one address makes all the load. */
    async gateway({ store, env = {}, node = [] }) {
      const port = await freePort();
      const child = start(process.execPath, [...node, 'dist/main.js'], {
        env: {
          PORT: port,
          SCANGATE_STORE: store,
          SCANGATE_SECRETS: Buffer.alloc(32, 'bench').toString('base64url'),
          SCANGATE_PHONE_IDENTITY: 'demo',
          SCANGATE_LIMITS: 'off',
          SCANGATE_ADMIN_LISTEN: 'off',
          ...env,
        },
      });
      await untilAnswers(port, '/readyz', child);
      return { child, port };
    },

    stop: (child) => finish(child, programs.has(child) ? 'SIGTERM' : 'SIGKILL'),

    /** As a supervisor ends it. */
    end: (child) => finish(child, 'SIGTERM'),

    async close() {
      await Promise.all(children.map(this.stop));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function finish(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}

const SERVER_CORE = '0';
const LOAD_CORES = availableParallelism() > 1 ? `1-${availableParallelism() - 1}` : '0';

/** This process and its threads leave the servers' core. */
export function leaveServerCore() {
  return new Promise((resolve, reject) => {
    spawn('taskset', ['-a', '-cp', LOAD_CORES, String(process.pid)], { stdio: 'ignore' })
      .once('error', reject)
      .once('exit', resolve);
  });
}

/** Milliseconds of CPU that a process and its workers have used, in their own code and in the kernel. */
export function cpuMs(child) {
  return sumOf(child, (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
  });
}

/** KB of resident memory, of workers too, without mapped files; what they share with each other counts. */
export function rssKb(child) {
  return sumOf(child, (pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
    return kb('RssAnon') + kb('RssShmem');
  });
}

function sumOf({ pid }, figureOf) {
  const workers = pid === process.pid ? '' : readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const pids = [pid, ...workers.split(' ').filter((one) => one !== '')];
  return pids.reduce((sum, one) => sum + figureOf(one), 0);
}

/**
 * Share of the machine that others used while `work` ran: what all cores did, less what these processes did.
 */
export async function noiseOf(children, work) {
  const before = [busyMs(), ...[process, ...children].map(cpuMs)];
  const begun = performance.now();
  const result = await work();
  const after = [busyMs(), ...[process, ...children].map(cpuMs)];
  const [all, ...own] = after.map((value, index) => value - before[index]);
  const others = Math.max(0, all - own.reduce((sum, value) => sum + value, 0));
  return { result, noise: others / ((performance.now() - begun) * availableParallelism()) };
}

function busyMs() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return ((user + nice + system + irq + softirq) * 1000) / TICKS_A_SECOND;
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilAnswers(port, path, child) {
  await until(`port ${port} answers ${path}`, child, () =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      (response) => response.ok,
      () => false,
    ),
  );
}

async function untilListens(port, child) {
  const { connect } = await import('node:net');
  await until(`port ${port} listens`, child, () => {
    const socket = connect(port, '127.0.0.1');
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    }).finally(() => socket.destroy());
  });
}

async function until(what, child, probe) {
  const end = performance.now() + READY_WITHIN_MS;
  while (!(await probe())) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode} before ${what}`);
    if (performance.now() > end) throw new Error(`not within ${READY_WITHIN_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
