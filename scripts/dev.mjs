/**
 * `npm run dev`: the gateway from the sources as they stand, begun anew whenever something in `src`, `migrations` or
 * `openapi.yaml` changes. The store stays. A change that does not compile leaves the running gateway alone.
 *
 * Settings come from the environment as for `npm start`; it drains at once unless told otherwise.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Mirror } from './dev-mirror.mjs';

const LOOK_MS = 300;
/** An editor may write a file in pieces: a change counts once nothing moved for so long. */
const QUIET_MS = 60;
const LEAVE_MS = 5000;
const LISTED_MAX = 5;

const root = fileURLToPath(new URL('..', import.meta.url));
const leash = new URL('dev-leash.mjs', import.meta.url).href;
const mirror = new Mirror(root, join(root, '.cache', 'dev'));
const env = { SCANGATE_DRAIN_WAIT: 'PT0S', SCANGATE_DRAIN_WINDOW: 'PT0S', ...process.env };

const leaving = new AbortController();
let gateway;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void leave(signal));

say('types are not checked here; beside it: npx tsc --noEmit --watch');
mirror.look();
if (await built()) start();
while (!leaving.signal.aborted) {
  await sleep(LOOK_MS);
  const changed = mirror.look();
  if (changed.length === 0) continue;
  await quiet(changed);
  say(`changed: ${listed([...new Set(changed)])}`);
  if (!(await built())) continue;
  await stop('SIGTERM');
  start();
}

async function quiet(changed) {
  for (let more = [undefined]; more.length > 0;) {
    await sleep(QUIET_MS);
    more = mirror.look();
    changed.push(...more);
  }
}

async function built() {
  const begun = performance.now();
  try {
    await mirror.update();
    say(`built in ${Math.round(performance.now() - begun)} ms`);
    return true;
  } catch (error) {
    say(
      `it does not compile; what runs stays as it is\n${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
}

function start() {
  if (leaving.signal.aborted) return;
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--import', leash, join(mirror.folder, 'main.js')],
    { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] },
  );
  const running = { child, isRunning: true, isLeaving: false, ended: undefined };
  running.ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.isRunning = false;
      if (!running.isLeaving)
        say(`the gateway ended (${signal ?? `status ${code}`}); it is begun anew at the next change`);
      resolve();
    });
  });
  gateway = running;
  say(`gateway ${child.pid} begins`);
}

/** Ends the gateway, in good order where it can. */
async function stop(signal) {
  const running = gateway;
  if (!running?.isRunning) return;
  running.isLeaving = true;
  running.child.kill(signal);
  const late = setTimeout(() => running.child.kill('SIGKILL'), LEAVE_MS);
  await running.ended;
  clearTimeout(late);
}

/** A second signal is for who does not want to wait. */
async function leave(signal) {
  if (leaving.signal.aborted) gateway?.child.kill('SIGKILL');
  leaving.abort();
  await stop(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
  process.exit(0);
}

function listed(paths) {
  const more = paths.length - LISTED_MAX;
  return `${paths.slice(0, LISTED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function say(line) {
  process.stderr.write(`dev: ${line}\n`);
}
