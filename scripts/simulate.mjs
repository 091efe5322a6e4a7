/**
 * `npm run simulate`: plays seeded faults under whole stores in virtual time and judges what their clients were told
 * (`test/simulator`). It is compiled into a folder of this run, with what `--without` switches off.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpile } from './transpile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.cache', 'simulate', String(process.pid));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

/** @type {readonly { name: string, file: string, from: string, to: string }[]} */
const SWITCHES = JSON.parse(readFileSync(join(root, 'scripts/simulate-switches.json'), 'utf8'));

const { args, without } = readArguments(process.argv.slice(2));
const edits = without.flatMap(editsOf);
const edited = new Set();
mkdirSync(folder, { recursive: true });
mkdirSync(join(folder, 'migrations'));
for (const name of readdirSync(join(root, 'migrations')).filter((file) => file.endsWith('.lua'))) {
  const path = `migrations/${name}`;
  writeFileSync(join(folder, path), switchedOff(path, readFileSync(join(root, path), 'utf8')));
}
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
await transpile({
  from: root,
  to: folder,
  entries: ['main', 'worker'].map((name) => `test/simulator/command/${name}.ts`),
  edit: switchedOff,
});
for (const { name, file } of edits) if (!edited.has(file)) stop(`the simulation has no ${file}, of ${name}`);
play();

function readArguments(given) {
  const at = given.indexOf('--without');
  if (at < 0) return { args: given, without: [] };
  return { args: given.toSpliced(at, 2), without: (given[at + 1] ?? '').split(',') };
}

function editsOf(name) {
  const found = SWITCHES.filter((one) => one.name === name);
  if (found.length === 0)
    stop(`there is no switch ${name}: ${[...new Set(SWITCHES.map((one) => one.name))].join(', ')}`);
  return found;
}

function switchedOff(path, source) {
  let text = source;
  for (const { name, from, to } of edits.filter(({ file }) => file === path)) {
    const parts = text.split(from);
    if (parts.length !== 2) stop(`the text of ${name} does not stand exactly once in ${path}`);
    text = parts.join(to);
    edited.add(path);
  }
  return text;
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
