/**
 * Builds `dist` from `src`, only when it is stale, and only once however many ask.
 *
 * `dist/.built` holds two fingerprints of everything the build reads: one of paths, sizes and times (quick, asked at
 * each start), one of contents (asked when the first differs, so a fresh clone or a `touch` does not rebuild).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './build-lock.mjs';

const checkout = fileURLToPath(new URL('..', import.meta.url));

/** What a failed build ends with: one line, since the compiler has said the rest. */
export class BuildError extends Error {}

/** Everything the build reads, as paths relative to `root`, sorted. */
function inputs(root) {
  const top = readdirSync(root).filter((name) =>
    /^(tsconfig.*\.json|package-lock\.json|openapi\.yaml)$/.test(name),
  );
  const scripts = list(root, 'scripts').filter((path) => /^scripts\/build[^/]*\.mjs$/.test(path));
  return [...top, ...scripts, ...list(root, 'src'), ...list(root, 'migrations')].toSorted(byName);
}

const byName = (one, other) => (one < other ? -1 : 1);

function list(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name).slice(root.length).replaceAll(sep, '/').replace(/^\//, ''),
    );
}

/** Change time is in it because a copy or a checkout may set the modification time back. */
function quickFingerprint(root) {
  const hash = createHash('sha256');
  for (const path of inputs(root)) {
    const stat = statSync(join(root, path));
    hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\0${stat.ctimeMs}\n`);
  }
  return hash.digest('hex');
}

function contentFingerprint(root) {
  const hash = createHash('sha256');
  for (const path of inputs(root)) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Whether `dist` is what a build would make now. */
function isBuilt(root) {
  const stamp = join(root, 'dist', '.built');
  if (!existsSync(join(root, 'dist', 'main.js'))) return false;
  if (!existsSync(join(root, 'src'))) return true; // shipped without its source: nothing to build from
  if (!existsSync(stamp)) return false;
  let built;
  try {
    built = JSON.parse(readFileSync(stamp, 'utf8'));
  } catch {
    return false;
  }
  const quick = quickFingerprint(root);
  if (built.quick === quick) return true;
  if (built.content !== contentFingerprint(root)) return false;
  replaceStamp(stamp, { ...built, quick });
  return true;
}

/** A reader beside us sees the old stamp or the new one; a read-only checkout only loses the shortcut. */
function replaceStamp(stamp, built) {
  try {
    const next = `${stamp}-${process.pid}`;
    writeFileSync(next, JSON.stringify(built));
    renameSync(next, stamp);
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM', 'ENOENT'].includes(error.code)) throw error;
  }
}

function compile(root, outDir) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(tsc)) throw new BuildError('dist is stale and the compiler is missing: run `npm ci` first');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', outDir], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new BuildError(`the build stopped: tsc ended with ${signal ?? `status ${code}`}`));
    });
  });
}

/** Makes a whole build in a folder of its own, then puts it in the place of `dist`. Only under the lock. */
async function build(root) {
  const workshop = join(root, '.cache', 'build');
  rmSync(workshop, { recursive: true, force: true, maxRetries: 3 }); // what a killed builder left
  const next = join(workshop, `${process.pid}-${Date.now()}`, 'dist');
  mkdirSync(next, { recursive: true });

  const stamp = { quick: quickFingerprint(root), content: contentFingerprint(root) }; // a later edit makes it stale
  await compile(root, next);
  const web = join(root, 'scripts', 'build-web.mjs');
  if (existsSync(web)) await (await import(pathToFileURL(web).href)).buildWeb(join(next, 'web'));
  copyIfThere(join(root, 'migrations'), join(next, 'migrations'));
  copyIfThere(join(root, 'openapi.yaml'), join(next, 'openapi.yaml'));
  chmodSync(join(next, 'cli', 'scangate.js'), 0o755); // `npx scangate` runs it as it is
  writeFileSync(join(next, '.built'), JSON.stringify(stamp));

  const dist = join(root, 'dist');
  if (existsSync(dist)) renameSync(dist, join(next, '..', 'old'));
  renameSync(next, dist);
  rmSync(workshop, { recursive: true, force: true, maxRetries: 3 });
}

function copyIfThere(from, to) {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

/**
 * Makes sure that `dist` is built from what stands in the checkout now. At once when it is; else builds, or waits for
 * whoever is building (a bounded time).
 *
 * @param {{ root?: string, say?: (line: string) => void }} [options]
 * @returns {Promise<boolean>} whether this call built
 */
export async function ensureBuilt({ root = checkout, say = (line) => console.error(line) } = {}) {
  if (isBuilt(root)) return false;
  return withLock(root, say, async () => {
    if (isBuilt(root)) return false;
    const start = performance.now();
    say('Building dist …');
    await build(root);
    say(`Built in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    return true;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (!(await ensureBuilt())) console.error('dist is up to date.');
  } catch (error) {
    console.error(error instanceof BuildError ? error.message : error);
    process.exitCode = 1;
  }
}
