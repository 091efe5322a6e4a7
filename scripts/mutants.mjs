/**
 * `npm run mutants`: breaks a copy of this checkout in one place at a time, builds it, runs the tests that should
 * notice, and prints which did. A mutant that survives means a test that cannot fail. Arguments pick mutants by a part
 * of their name. With `--attack` they are those of `scripts/attack-mutants.json`: each takes away what a row of
 * `docs/security.md` says that the gateway does, and begins with that row's name; every row must have one.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { helpWhereAsked } from './help.mjs';
import { securityRows } from './security-rows.mjs';

helpWhereAsked(import.meta.url);

const root = fileURLToPath(new URL('..', import.meta.url));

const isAttack = process.argv.includes('--attack');

/**
 * What is broken: a text of a file and what stands in its place. Each must compile, so that a test has to notice.
 * `npm run check` holds the list against the files.
 *
 * @type {readonly { name: string, file: string, from: string, to: string, tests: readonly string[] }[]}
 */
const MUTANTS = JSON.parse(
  readFileSync(join(root, isAttack ? 'scripts/attack-mutants.json' : 'scripts/mutants.json'), 'utf8'),
);

const COPIED = ['src', 'test', 'scripts', 'migrations', 'bench', 'package.json', 'package-lock.json'].concat([
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.web.json',
  'jest.config.mjs',
  'openapi.yaml',
]);

const copy = join(root, '.cache', 'mutants');
const report = join(copy, 'jest.json');

const picked = MUTANTS.filter(({ name }) => {
  const parts = process.argv.slice(2).filter((part) => !part.startsWith('--'));
  return parts.length === 0 || parts.some((part) => name.includes(part));
});
if (picked.length === 0)
  stop(`no mutant is named so; there are: ${MUTANTS.map(({ name }) => name).join(' · ')}`);

if (isAttack) checkRows();
makeCopy();
checkTexts();
await build();
const baseline = [...new Set(picked.flatMap(({ tests }) => tests))];
console.log(`Unbroken first: ${baseline.length} test files must pass …`);
const failures = await runTests(baseline);
if (failures.length > 0)
  stop(
    `the tests fail without any mutant:\n${failures.map(({ test, why }) => `  ${test}\n    ${why}`).join('\n')}`,
  );

let survivors = 0;
console.log(`\n${'mutant'.padEnd(44)} noticed by`);
for (const mutant of picked) {
  const noticed = await tryMutant(mutant);
  if (noticed.length === 0) survivors += 1;
  const more = noticed.length > 1 ? ` (and ${noticed.length - 1} more)` : '';
  console.log(`${mutant.name.padEnd(44)} ${noticed.length === 0 ? '— SURVIVED —' : noticed[0].test + more}`);
}
console.log(`\n${picked.length - survivors} of ${picked.length} mutants noticed`);
process.exitCode = survivors === 0 ? 0 : 1;

function stop(why) {
  console.error(`mutants: ${why}`);
  process.exit(1);
}

function makeCopy() {
  rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(copy, { recursive: true });
  for (const name of COPIED)
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/** Tests that start a build make it themselves, and most tests of attacks start none. */
async function build() {
  if (!isAttack) await ensureBuilt({ root: copy, say: () => {} });
}

function checkRows() {
  const rows = securityRows(readFileSync(join(root, 'docs/security.md'), 'utf8'));
  const without = rows.filter(({ id }) => MUTANTS.every(({ name }) => !name.startsWith(`${id}: `)));
  if (without.length > 0)
    stop(
      `nothing takes away what these rows of docs/security.md say: ${without.map(({ id }) => id).join(', ')}`,
    );
}

/** A text that is gone, or stands twice, is said before anything runs. */
function checkTexts() {
  const wrong = picked.filter(({ file, from }) => {
    const path = join(copy, file);
    return !existsSync(path) || readFileSync(path, 'utf8').split(from).length !== 2;
  });
  if (wrong.length > 0)
    stop(
      `this text does not stand exactly once in its file any more:\n` +
        wrong.map(({ name, file, from }) => `  ${name}: ${file}: ${from}`).join('\n'),
    );
}

async function tryMutant({ name, file, from, to, tests }) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    whole.replace(from, () => to),
  );
  try {
    await build();
    return await runTests(tests);
  } catch (error) {
    stop(`"${name}" cannot be built or run: ${error.message}`);
  } finally {
    writeFileSync(path, whole);
  }
}

/** @returns {Promise<readonly { test: string, why: string }[]>} the tests that failed */
async function runTests(tests) {
  rmSync(report, { force: true });
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--silent',
    '--json',
    `--outputFile=${report}`,
  ];
  const child = spawn(process.execPath, [...node, ...jest, ...tests], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  await new Promise((resolve) => child.on('close', resolve));
  if (!existsSync(report)) throw new Error(`jest said nothing of its tests:\n${said.slice(-2000)}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ name, status, assertionResults, message }) => {
    const where = name.slice(copy.length + 1);
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [{ test: where, why: message.slice(0, 500) }];
    return failed.map((one) => ({
      test: `${where}: ${one.fullName}`,
      why: (one.failureMessages[0] ?? '').slice(0, 1500).replaceAll('\n', '\n    '),
    }));
  });
}
