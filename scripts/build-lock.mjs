/**
 * One builder a checkout at a time, by a listening socket named after the checkout's real path. The kernel closes it
 * with its process however that ends, so a killed builder leaves no lock behind. On Linux the name is abstract and on
 * Windows a pipe: no file at all. Elsewhere it is a socket file, and one that nobody answers on is removed.
 */
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK_WAIT_MS = 180_000;
const LOCK_RETRY_MS = 100;

/**
 * Runs `work` while no one else of this checkout does; waits for the lock, saying so once, up to three minutes.
 *
 * @template T
 * @param {string} root the checkout
 * @param {(line: string) => void} say
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(root, say, work, waitMs = LOCK_WAIT_MS) {
  const server = await take(lockName(root), say, waitMs);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function lockName(root) {
  const name = `scangate-build-${createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 24)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

async function take(name, say, waitMs) {
  const end = performance.now() + waitMs;
  for (let tries = 0; performance.now() < end; tries += 1) {
    const server = await listen(name);
    if (server) return server;
    if (name.startsWith('/') && !(await answers(name))) rmSync(name, { force: true });
    if (tries === 1) say(`Another process is building this checkout; waiting up to ${waitMs / 1000} s …`);
    await sleep(LOCK_RETRY_MS);
  }
  throw new Error(
    `another process has been building this checkout for ${waitMs / 1000} s: stop it and try again`,
  );
}

function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path: name }, () => resolve(server));
  });
}

function answers(name) {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.once('connect', () => resolve(true));
    socket.once('error', (error) => resolve(error.code !== 'ECONNREFUSED'));
    socket.once('close', () => socket.destroy());
  });
}
