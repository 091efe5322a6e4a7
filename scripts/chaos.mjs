/**
 * `npm run chaos`: breaks real topologies under real sign-ins and counts broken promises (`test/chaos`). The harness is
 * compiled, and the build it plays with copied, into a folder of this run: a build that others make meanwhile changes
 * nothing halfway.
 *
 *     npm run chaos                               all scenarios
 *     npm run chaos -- --list                     their names
 *     npm run chaos -- --only kill-master,planned some of them
 *     npm run chaos -- --smoke                    six short ones; what takes too long is told and breaks nothing
 *     npm run chaos -- --seed 12                  the same dice again
 *     npm run chaos -- --sign-ins 10000           how many sign-ins the rows of the record go on for
 *     npm run chaos -- --without ring             the gateways without a part (ring, detector, rewind): the run must break
 *     npm run chaos -- --json <path>              the results as JSON, too
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError, ensureBuilt } from './build.mjs';
import { ToolMissing, TOOLS, findTool } from './find-tools.mjs';
import { helpWhereAsked } from './help.mjs';
import { transpile } from './transpile.mjs';

helpWhereAsked(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache', 'chaos', String(process.pid));
const env = { ...process.env, CHAOS_COMMIT: commit(), SCANGATE_TEST_BUILT: '1' };
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

try {
  env[TOOLS['redis-server'].variable] = await findTool('redis-server');
  const built = process.env.CHAOS_DIST; // another build than this checkout's
  if (built === undefined) await ensureBuilt();
  mkdirSync(folder, { recursive: true });
  cpSync(built ?? join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'migrations'), join(folder, 'migrations'), { recursive: true });
  symlinkSync(join(root, 'scripts'), join(folder, 'scripts'), 'junction');
  await transpile({ from: root, to: folder, entries: ['test/chaos/main.ts'] });
} catch (error) {
  console.error(error instanceof BuildError || error instanceof ToolMissing ? error.message : error);
  process.exit(1);
}
play();

function commit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function play() {
  const main = join(folder, 'test', 'chaos', 'main.js');
  const child = spawn(process.execPath, [main, ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
