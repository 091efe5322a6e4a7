/**
 * `npm test`: sees to what the suite needs (the dependencies, a real redis-server, Chromium, a build of what stands
 * here), then runs jest.
 *
 *     npm test                                   everything
 *     npm test -- test/ticket                    the files below a path; they build what they start, when they start it
 *     npm test -- --watch test/ticket            again on each change
 *     npm test -- test/journey -t 'expired'      tests by their name
 *     npm test -- --maxWorkers=2                 files at a time; -w 2, and -i for one. By default as jest.config.mjs says
 *     npm test -- --long                         in full what is otherwise a seeded sample
 *     npm test -- --help                         this, and all that jest takes
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError, ensureBuilt } from './build.mjs';
import { ToolMissing, TOOLS, findTool } from './find-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['redis-server', 'chromium-headless-shell'];

const given = process.argv.slice(2);
const env = { ...process.env };
if (given.includes('--long')) env.SCANGATE_TEST_LONG = '1';

installDependencies();
if (given.includes('--help') || given.includes('-h')) sayHowToCall();
else {
  await findTools();
  if (!isPart()) await buildOrStop();
}
runJest(given.filter((argument) => argument !== '--long'));

function installDependencies() {
  if (existsSync(`${root}/node_modules/.package-lock.json`)) return;
  if (lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    console.error('node_modules is a link to a folder without dependencies: npm ci would empty that folder');
    process.exit(1);
  }
  console.error('Installing the dependencies (npm ci) …');
  const { status } = spawnSync('npm', ['ci'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

function sayHowToCall() {
  const [head = ''] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('*/');
  console.log(
    head
      .replace(/^\/\*\*\n/, '')
      .replaceAll(/^ \* ?/gm, '')
      .trimEnd() + '\n',
  );
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

/** Whether only some files are asked for, or the same ones again and again: then `test/support/built.ts` builds. */
function isPart() {
  return given.some((argument) => argument.startsWith('--watch') || existsSync(join(root, argument)));
}

/** Once for the whole run, so that an edit meanwhile does not give half of it another build. */
async function buildOrStop() {
  try {
    await ensureBuilt();
    env.SCANGATE_TEST_BUILT = '1';
  } catch (error) {
    console.error(error instanceof BuildError ? error.message : error);
    process.exit(1);
  }
}

function runJest(args) {
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...node, 'node_modules/jest/bin/jest.js', ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
