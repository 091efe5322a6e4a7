import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { debianPlace } from './debian-place.ts';
import { slugOf } from './row.ts';
import type { Row } from './row.ts';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
const NPM_LIMIT_MS = 240_000;

/** Where a row's packages lie. */
export interface Place {
  readonly folder: string;
  /** The version of a package as it lies there. */
  version(name: string): string;
  /** The path of one of their files, by its path below the folder, or for Debian's packages below `/`. */
  file(path: string): string;
  /** What finds the packages in a program's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What cannot be had on this machine; the message says why in one line. */
export class NotToBeHad extends Error {}

/** Fetches a row's packages into a folder of their own, unless they lie there. @throws NotToBeHad */
export async function placeOf(row: Row): Promise<Place> {
  const folder = join(CACHE, slugOf(row));
  try {
    if (row.source.from === 'npm') return await npmPlace(folder, row.source.packages);
    return await debianPlace(folder, row.source.packages);
  } catch (error) {
    throw new NotToBeHad(lineOf(error), { cause: error });
  }
}

async function npmPlace(folder: string, packages: Readonly<Record<string, string>>): Promise<Place> {
  const manifest = join(folder, 'package.json');
  const wanted = `${JSON.stringify({ private: true, type: 'module', dependencies: packages }, null, 2)}\n`;
  const lock = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(lock) || readFileSync(manifest, 'utf8') !== wanted) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(manifest, wanted);
    const options = ['--prefer-offline', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...options], { cwd: folder, timeout: NPM_LIMIT_MS });
  }
  return {
    folder,
    version(name) {
      const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { readonly version: string }).version;
    },
    file: (path) => join(folder, path),
    env: {},
  };
}

function lineOf(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  const lines = (stderr || message).trim().split('\n');
  return (lines.find((line) => /^E: |npm (error|ERR!)/.test(line)) ?? lines[0] ?? '').slice(0, 160);
}
