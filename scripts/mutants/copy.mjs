/** The copy of this checkout in which one thing at a time is broken; what stands here is never touched. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['src', 'test', 'scripts', 'migrations', 'bench'];
const FILES = ['package.json', 'package-lock.json', 'jest.config.mjs', 'openapi.yaml'].concat([
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.web.json',
]);
/** What each outcome is kept with by itself, see `outcomeKey`. */
const APART =
  /^(?:test\/.*\.test\.ts|scripts\/(?:attack-)?mutants\.json|scripts\/mutants\/.*|scripts\/mutants\.mjs)$/;

/** @returns {string} the folder of the copy */
export function makeCopy(root) {
  const copy = join(root, '.cache', 'mutants');
  rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(copy, { recursive: true });
  for (const name of [...FOLDERS, ...FILES])
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** What the outcomes of all mutants rest on: everything that is copied but the tests and the lists. */
export function fingerprint(copy) {
  const hash = createHash('sha256');
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(copy, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ).filter((path) => !APART.test(path) && statSync(join(copy, path)).isFile());
  for (const path of [...paths, ...FILES].toSorted(byName))
    hash.update(`${path}\0`).update(readFileSync(join(copy, path)));
  return hash.digest('hex');
}

const byName = (one, other) => (one < other ? -1 : 1);

/** What the outcome of one mutant rests on besides: its row of the list, and its tests. */
export function outcomeKey(copy, mutant) {
  const hash = createHash('sha256').update(JSON.stringify(mutant));
  for (const test of mutant.tests) hash.update(readFileSync(join(copy, test)));
  return hash.digest('hex');
}

/** The mutants whose text is gone, or stands twice. */
export function stale(copy, mutants) {
  return mutants.filter(({ file, from }) => {
    const path = join(copy, file);
    return !existsSync(path) || readFileSync(path, 'utf8').split(from).length !== 2;
  });
}

/** Breaks the copy as the mutant says while `work` runs, and mends it again. */
export async function whileBroken(copy, { file, from, to }, work) {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    whole.replace(from, () => to),
  );
  try {
    return await work();
  } finally {
    writeFileSync(path, whole);
  }
}
