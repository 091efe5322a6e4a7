/**
 * `npm run simulate`: plays seeded faults under whole stores in virtual time and judges what their clients were told
 * (`test/simulator`). It is compiled into a folder of this run, with what `--without` switches off.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache', 'simulate', String(process.pid));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

/** @type {readonly { name: string, file: string, from: string, to: string }[]} */
const SWITCHES = JSON.parse(readFileSync(join(root, 'scripts/simulate-switches.json'), 'utf8'));

const { args, without } = readArguments(process.argv.slice(2));
for (const name of ['src', 'test', 'migrations'])
  cpSync(join(root, name), join(folder, 'from', name), { recursive: true });
for (const name of without) switchOff(name);
cpSync(join(folder, 'from', 'migrations'), join(folder, 'migrations'), { recursive: true });
compile();
play();

function readArguments(given) {
  const at = given.indexOf('--without');
  if (at < 0) return { args: given, without: [] };
  return { args: given.toSpliced(at, 2), without: (given[at + 1] ?? '').split(',') };
}

function switchOff(name) {
  const found = SWITCHES.filter((one) => one.name === name);
  if (found.length === 0)
    stop(`there is no switch ${name}: ${[...new Set(SWITCHES.map((one) => one.name))].join(', ')}`);
  for (const { file, from, to } of found) {
    const path = join(folder, 'from', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) stop(`the text of ${name} does not stand exactly once in ${file}`);
    writeFileSync(path, parts.join(to));
  }
}

function compile() {
  const config = join(folder, 'from', 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    rootDir: join(folder, 'from'),
    outDir: folder,
    sourceMap: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: [join(root, 'node_modules/@types')],
  };
  mkdirSync(join(folder, 'from'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const include = [join(folder, 'from', 'test/simulator/command')];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include, exclude: [] }),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, stdio: 'inherit' });
  if (status !== 0) stop('the simulation does not compile');
}

function play() {
  const main = join(folder, 'test', 'simulator', 'command', 'main.js');
  const child = spawn(process.execPath, [main, ...args], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}

function stop(why) {
  console.error(`simulate: ${why}`);
  process.exit(2);
}
