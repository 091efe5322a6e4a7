/** The programs that a release runs, one after the other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs programs, each with all that it starts in a process group of its own. A signal that ends this process ends that
 * group first, and then nothing else is run: whoever runs them still has something to take away.
 *
 * @returns {{ run: (cwd: string, program: string, ...args: string[]) => Promise<string>, goThrough: () => void,
 *   status: () => number | undefined }} `run` answers what was printed, and throws with what was printed as an error; after
 *   `goThrough` signals are heard no more; `status` is what this process is to end with once one was heard.
 */
export function programs() {
  let running;
  let signal;
  let goesThrough = false;
  for (const one of SIGNALS)
    process.on(one, () => {
      if (goesThrough) return;
      signal ??= one;
      if (running?.exitCode === null) process.kill(-running.pid, one);
    });

  async function run(cwd, program, ...args) {
    assertGoesOn();
    const child = spawn(program, args, {
      cwd,
      env: ownEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running = child;
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
    assertGoesOn();
    if (child.exitCode !== 0) throw new Error(errors.trim() || `${program} ended with ${child.exitCode}`);
    return printed;
  }

  function assertGoesOn() {
    if (signal !== undefined) throw new Error(`stopped by ${signal}: nothing is left`);
  }

  function goThrough() {
    assertGoesOn();
    goesThrough = true;
  }

  return {
    run,
    goThrough,
    status: () => (signal === undefined ? undefined : 128 + constants.signals[signal]),
  };
}

async function ended(child) {
  if (child.pid !== undefined) await once(child, 'exit');
  else throw (await once(child, 'error'))[0];
}

/** What npm tells a script that it runs is of this checkout, and not of the clone. */
function ownEnvironment() {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig)$/;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/.test(name) || kept.test(name)),
  );
}
