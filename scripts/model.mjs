/**
 * `npm run model`: lets spin go through every interleaving of the models in `test/model`, and prints what came of each.
 * `holds`: no assertion may fail. `found`: a rule is taken away, and spin must find out. `known`: what the built protocol
 * does not cover (docs/model.md); once one of these is not found any more, it was mended, and the list is to be changed.
 * Arguments pick checks by a part of their name; `--keep` keeps the folder with the models and the trails.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ToolMissing, findTool } from './find-tools.mjs';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @type {readonly {
 *   name: string, model: 'replicas' | 'fence', flags: readonly string[], expect: 'holds' | 'found' | 'known',
 * }[]}
 */
const CHECKS = JSON.parse(readFileSync(join(root, 'scripts/model-checks.json'), 'utf8'));

/** States are told apart by 128 bits of a hash (HC4): two million of them need 0.2 GB, and none was ever taken for another. */
const COMPILED_WITH = ['-w', '-DSAFETY', '-DNOFAIR', '-DHC4'];
/** The table for states has this power of two as its length. */
const TABLE_BITS = 22;
const DEPTH_MAX = 10_000;
const LIMIT_MS = 300_000;

const isKept = process.argv.includes('--keep');
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const picked = CHECKS.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));

const folder = mkdtempSync(join(tmpdir(), 'scangate-model-'));
try {
  process.exitCode = (await checkAll()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof ToolMissing ? error.message : error);
  process.exitCode = 1;
} finally {
  if (isKept) console.log(`kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

async function checkAll() {
  const spin = await findTool('spin');
  const gcc = await findTool('gcc');
  // spin itself calls gcc by its name.
  const env = { ...process.env, PATH: `${dirname(gcc)}${delimiter}${process.env.PATH ?? ''}` };
  const results = [];
  const todo = picked.map((check, index) => ({ check, index }));
  const work = async () => {
    for (let one = todo.shift(); one !== undefined; one = todo.shift())
      results[one.index] = await search(one.check, {
        spin,
        gcc,
        env,
        folder: join(folder, String(one.index)),
      });
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  console.log('| check | states | expected | seen | |\n| --- | ---: | --- | --- | --- |');
  for (const [index, { name, expect }] of picked.entries()) {
    const { states, isBroken, why } = results[index];
    const isRight = isBroken !== undefined && isBroken === (expect !== 'holds');
    results[index].isRight = isRight;
    const seen = isBroken === undefined ? why : isBroken ? 'broken' : 'holds';
    console.log(`| ${name} | ${states} | ${expect} | ${seen} | ${isRight ? '' : 'WRONG'} |`);
  }
  const right = results.filter(({ isRight }) => isRight).length;
  console.log(`\n${right} of ${results.length} as expected`);
  return results.length > 0 && right === results.length;
}

/** Goes through one model. `isBroken` is undefined where the search did not come to its end, and `why` says so. */
async function search({ model, flags, expect }, { spin, gcc, env, folder }) {
  mkdirSync(folder);
  const options = { cwd: folder, env, timeout: LIMIT_MS, maxBuffer: 16 * 1024 * 1024 };
  try {
    const file = join(root, 'test/model', `${model}.pml`);
    await run(spin, ['-a', ...flags.map((flag) => `-D${flag}`), file], options);
    // What is broken is found soon; what holds is searched whole.
    const speed = expect === 'holds' ? '-O2' : '-O0';
    await run(gcc, [speed, ...COMPILED_WITH, '-o', 'pan', 'pan.c'], options);
    const { stdout } = await run(
      join(folder, 'pan'),
      [`-m${DEPTH_MAX}`, `-w${TABLE_BITS}`, '-E', '-n'],
      options,
    );
    const errors = /errors: (\d+)/.exec(stdout)?.[1];
    const states = Number(/(\d+) states, stored/.exec(stdout)?.[1] ?? 0);
    const isWhole =
      errors !== undefined &&
      !/max search depth too small|out of memory|Warning: Search not completed/.test(stdout);
    if (errors !== undefined && errors !== '0') return { states, isBroken: true };
    return isWhole ? { states, isBroken: false } : { states, why: 'not searched to the end' };
  } catch (error) {
    return {
      states: 0,
      why: String(error.stderr || error.message)
        .trim()
        .split('\n')[0],
    };
  }
}
