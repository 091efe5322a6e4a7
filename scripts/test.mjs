/**
 * `npm test`: sees to everything the suite needs (the dependencies, a real redis-server, Chromium, a build of what
 * stands here), then runs jest. Arguments are jest's; `--long` runs in full what is otherwise a seeded sample.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BuildError, ensureBuilt } from './build.mjs';
import { ToolMissing, TOOLS, findTool } from './find-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['redis-server', 'chromium'];

const given = process.argv.slice(2);
const env = { ...process.env };
if (given.includes('--long')) env.SCANGATE_TEST_LONG = '1';

installDependencies();
await findTools();
await buildOrStop();
runJest(given.filter((argument) => argument !== '--long'));

function installDependencies() {
  if (existsSync(`${root}/node_modules/.package-lock.json`)) return;
  console.error('Installing the dependencies (npm ci) …');
  const { status } = spawnSync('npm', ['ci'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

/** The rest of the suite runs without a missing tool; the tests that need it fail with the line printed here. */
async function findTools() {
  for (const name of NEEDED) {
    try {
      env[TOOLS[name].variable] = await findTool(name);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      console.error(error.message);
    }
  }
}

async function buildOrStop() {
  try {
    await ensureBuilt();
  } catch (error) {
    console.error(error instanceof BuildError ? error.message : error);
    process.exit(1);
  }
}

function runJest(args) {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--maxWorkers=2', ...args];
  const child = spawn(process.execPath, [...node, ...jest], { cwd: root, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
