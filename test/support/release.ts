import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from './built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, '.cache', 'releases');

/** What counts as the last release as long as no release has a tag: the last commit that knows heads of schema 1 alone. */
const WITHOUT_TAGS = 'c868a55e07932166b4dc57819cb35456da304c88';

/** A release as it is installed from its tarball. */
export interface Release {
  /** Its tag, or the commit. */
  readonly name: string;
  /** The file that `scangate` is. */
  readonly command: string;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/**
 * The release before this one: the newest tag `v…` behind HEAD, else a commit that was chosen. Its tarball is made from
 * git once and kept in the cache. A text where the history that it needs is not there, as in a shallow clone.
 */
export function lastRelease(): Release | string {
  const tag = newestTag();
  const name = tag ?? WITHOUT_TAGS;
  try {
    const commit = git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
    return { name, command: packedOnce(commit, (folder) => checkOut(commit, folder)) };
  } catch (error) {
    if (isKnown(name)) throw error;
    return `there is no ${name} in this repository (a shallow clone?), so no release before this one`;
  }
}

function newestTag(): string | undefined {
  const tags = git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-v:refname').split('\n');
  return tags.find((tag) => tag !== '' && git('rev-parse', `${tag}^{commit}`) !== git('rev-parse', 'HEAD'));
}

function isKnown(name: string): boolean {
  try {
    git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

/** This checkout, packed as it is built. */
export function thisRelease(): Release {
  built('main.js');
  const folder = join(CACHE, `this-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return { name: 'this', command: unpacked(packed(ROOT, folder), folder) };
}

/** Takes away what {@link thisRelease} made. */
export function forgetThisRelease(): void {
  rmSync(join(CACHE, `this-${process.pid}`), { recursive: true, force: true });
}

function packedOnce(commit: string, checkOutInto: (folder: string) => void): string {
  const kept = join(CACHE, commit);
  const command = join(kept, 'package', 'dist', 'cli', 'scangate.js');
  if (existsSync(command)) return command;
  const making = `${kept}-${process.pid}`;
  const sources = join(making, 'sources');
  mkdirSync(sources, { recursive: true });
  checkOutInto(sources);
  execFileSync(process.execPath, ['scripts/build.mjs'], {
    cwd: sources,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  unpacked(packed(sources, making), making);
  rmSync(sources, { recursive: true, force: true });
  rmSync(kept, { recursive: true, force: true });
  renameSync(making, kept);
  return command;
}

function checkOut(commit: string, folder: string): void {
  const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

// It is built already, and npm may be set to run no scripts.
function packed(cwd: string, into: string): string {
  const args = ['pack', '--ignore-scripts', '--pack-destination', into];
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const name = readdirSync(into).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack made nothing in ${into}`);
  return join(into, name);
}

/** What it depends on is what this checkout has. */
function unpacked(tarball: string, folder: string): string {
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'package', 'node_modules'));
  return join(folder, 'package', 'dist', 'cli', 'scangate.js');
}
