/**
 * A build that follows the sources file by file: each changed module is stripped of its types, alone; what a browser runs
 * is bundled again only when something of it changed. Types are not checked.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { withoutTypes } from './transpile.mjs';
import { buildWeb } from './build-web.mjs';

const FOLDERS = ['src', 'migrations'];
const FILES = ['openapi.yaml'];
const isWeb = (path) => path.startsWith('src/web/');

/** Keeps a folder equal to what a build of the checkout would make. */
export class Mirror {
  #root;
  #out;
  #stamps = new Map();
  /** What changed and is not in the folder yet, because it or another was broken. */
  #pending = new Set();

  constructor(root, out) {
    this.#root = root;
    this.#out = out;
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
  }

  /** The folder in which the modules stand. */
  get folder() {
    return this.#out;
  }

  /** Notes what changed since it was asked last. @returns {string[]} the paths, files that are gone among them. */
  look() {
    const now = new Map(this.#inputs().map((path) => [path, stampOf(join(this.#root, path))]));
    const paths = new Set([...now.keys(), ...this.#stamps.keys()]);
    const changed = [...paths].filter((path) => now.get(path) !== this.#stamps.get(path));
    this.#stamps = now;
    for (const path of changed) this.#pending.add(path);
    return changed;
  }

  /** Brings the folder up to date. What cannot be built is thrown, and tried again with the next change. */
  async update() {
    const pending = [...this.#pending];
    await Promise.all(pending.filter((path) => !isWeb(path)).map((path) => this.#renew(path)));
    if (pending.some(isWeb)) await buildWeb(join(this.#out, 'web'), { declares: false });
    this.#pending.clear();
  }

  async #renew(path) {
    const from = join(this.#root, path);
    const to = join(this.#out, path.replace(/^src\//, '').replace(/\.ts$/, '.js'));
    if (!existsSync(from)) return rmSync(to, { force: true });
    mkdirSync(dirname(to), { recursive: true });
    if (path.endsWith('.ts'))
      writeFileSync(
        to,
        await withoutTypes(readFileSync(from, 'utf8'), { filename: from, sourceMaps: 'inline' }),
      );
    else cpSync(from, to);
  }

  #inputs() {
    const found = FOLDERS.filter((folder) => existsSync(join(this.#root, folder))).flatMap((folder) =>
      readdirSync(join(this.#root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(this.#root.length))
        .map((path) => path.replaceAll(sep, '/').replace(/^\//, '')),
    );
    return [...found, ...FILES.filter((file) => existsSync(join(this.#root, file)))];
  }
}

/** Undefined: it went while it was looked at. */
function stampOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
