/**
 * `npm run mutants`: breaks a copy of this checkout in one place at a time, builds it, runs the tests that should
 * notice, and prints which did. A mutant that survives means a test that cannot fail. With `--attack` they are those of
 * `scripts/attack-mutants.json`: each takes away what a row of `docs/security.md` says that the gateway does, and begins
 * with that row's name; every row must have one.
 *
 *     npm run mutants -- --attack                     all of them
 *     npm run mutants -- --attack --only framed       those with this in their name; also without --only
 *     npm run mutants -- --attack --resume            what was not noticed yet, while the sources are the same
 *     npm run mutants -- --attack --list              their names
 *
 * Each test file runs unbroken first, once, before the first mutant that it should notice. Where a mutant has a `title`,
 * only the tests so named run against it. The status is 0 when every mutant was noticed by a test that passes without it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { helpWhereAsked } from './help.mjs';
import { fingerprint, makeCopy, outcomeKey, stale, whileBroken } from './mutants/copy.mjs';
import { keepPlayed, readPlayed } from './mutants/played.mjs';
import { runTests, testEnvironment } from './mutants/run-tests.mjs';
import { securityRows } from './security-rows.mjs';

helpWhereAsked(import.meta.url);

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const isAttack = given.includes('--attack');
const list = isAttack ? 'scripts/attack-mutants.json' : 'scripts/mutants.json';
const keptIn = join(root, '.cache', isAttack ? 'mutants-attack.json' : 'mutants-rules.json');

/**
 * What is broken: a text of a file and what stands in its place. Each must compile, so that a test has to notice.
 * `npm run check` holds the list against the files.
 *
 * @type {readonly { name: string, file: string, from: string, to: string, tests: readonly string[], title?: string }[]}
 */
const MUTANTS = JSON.parse(readFileSync(join(root, list), 'utf8'));

const picked = MUTANTS.filter(({ name }) => {
  const parts = given.filter((part) => !part.startsWith('--'));
  return parts.length === 0 || parts.some((part) => name.includes(part));
});
if (picked.length === 0 || given.includes('--list')) {
  const names = (picked.length === 0 ? MUTANTS : picked).map(({ name }) => `  ${name}`).join('\n');
  if (picked.length === 0) stop(`no mutant is named so; there are:\n${names}`);
  console.log(names);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

if (isAttack) checkRows();
const copy = makeCopy(root);
checkTexts();
const env = await testEnvironment();
const sources = fingerprint(copy);
const outcomes = given.includes('--resume') ? readPlayed(keptIn, sources) : {};
const unbroken = new Map();
const started = performance.now();
const todo = picked.filter((mutant) => outcomes[outcomeKey(copy, mutant)]?.noticed === undefined);
if (todo.length < picked.length) console.log(`${picked.length - todo.length} were noticed already`);
for (const [at, mutant] of todo.entries()) {
  const outcome = await play(mutant);
  outcomes[outcomeKey(copy, mutant)] = outcome;
  keepPlayed(keptIn, sources, outcomes);
  const spent = performance.now() - started;
  const left = (spent / (at + 1)) * (todo.length - at - 1);
  console.log(`${at + 1}/${todo.length}, ${minutes(left)} left  ${mutant.name}: ${inWords(outcome)}`);
}
summary();

/** @returns {Promise<{ noticed?: string, more?: number, unjudged?: string, ms: number }>} */
async function play(mutant) {
  const start = performance.now();
  const outcome = await judge(mutant);
  return { ...outcome, ms: Math.round(performance.now() - start) };
}

async function judge(mutant) {
  const passing = new Set();
  for (const test of mutant.tests) {
    const { passed, failed, broken } = await runUnbroken(test);
    if (broken !== undefined) return { unjudged: `${test} does not run without it: ${broken}` };
    if (failed.length > 0) return { unjudged: `fails without it: ${failed[0].test}\n${failed[0].why}` };
    for (const name of passed) passing.add(name);
  }
  return whileBroken(copy, mutant, async () => {
    try {
      await build();
    } catch (error) {
      return { unjudged: `cannot be built: ${error.message}` };
    }
    const { failed, broken } = await runTests({ copy, env, tests: mutant.tests, title: mutant.title });
    const noticed = failed.filter(({ test }) => passing.has(test));
    if (noticed.length > 0) return { noticed: noticed[0].test, more: noticed.length - 1 };
    return broken === undefined ? {} : { unjudged: `its tests do not run with it: ${broken}` };
  });
}

/** Each file once, whatever number of mutants it should notice. */
async function runUnbroken(test) {
  if (!unbroken.has(test)) {
    await build();
    unbroken.set(test, await runTests({ copy, env, tests: [test] }));
  }
  return unbroken.get(test);
}

/** Tests that start a build make it themselves, and most tests of attacks start none. */
async function build() {
  if (!isAttack) await ensureBuilt({ root: copy, say: () => {} });
}

function summary() {
  const rows = picked.map((mutant) => ({ mutant, outcome: outcomes[outcomeKey(copy, mutant)] }));
  const width = Math.max(...rows.map(({ mutant }) => mutant.name.length));
  console.log(`\n${'mutant'.padEnd(width)}  noticed by`);
  for (const { mutant, outcome } of rows) console.log(`${mutant.name.padEnd(width)}  ${inWords(outcome)}`);
  const noticed = rows.filter(({ outcome }) => outcome.noticed !== undefined).length;
  console.log(
    `\n${noticed} of ${picked.length} mutants noticed, in ${minutes(performance.now() - started)}, Node ${process.versions.node}`,
  );
  process.exitCode = noticed === picked.length ? 0 : 1;
}

function inWords({ noticed, more, unjudged }) {
  if (unjudged !== undefined) return `— NOT JUDGED — ${unjudged}`;
  if (noticed === undefined) return '— SURVIVED —';
  return noticed + (more > 0 ? ` (and ${more} more)` : '');
}

function minutes(ms) {
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function stop(why) {
  console.error(`mutants: ${why}`);
  process.exit(1);
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
  const wrong = stale(copy, picked);
  if (wrong.length > 0)
    stop(
      `this text does not stand exactly once in its file any more:\n` +
        wrong.map(({ name, file, from }) => `  ${name}: ${file}: ${from}`).join('\n'),
    );
}
