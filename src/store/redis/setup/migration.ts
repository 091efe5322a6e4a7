import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';

/** One numbered file of `migrations/`: a library of functions, loaded whole. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly library: string;
  readonly code: string;
}

// Inside a build they lie within it, in a checkout beside the sources.
const BUILT = new URL('../../../migrations/', import.meta.url);
const FOLDER = existsSync(BUILT) ? BUILT : new URL('../../../../migrations/', import.meta.url);

let migrations: Promise<readonly Migration[]> | undefined;

/** The migrations that this release brings, in order. They are read once. */
export function readMigrations(): Promise<readonly Migration[]> {
  migrations ??= readAll();
  return migrations;
}

async function readAll(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^[0-9]{4}-.*\.lua$/.test(name)).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const code = await readFile(new URL(name, FOLDER), 'utf8');
      const library = /^#!lua name=(\w+)/.exec(code)?.[1];
      if (library === undefined) throw new Error(`migrations/${name} names no library`);
      return { number: Number(name.slice(0, 4)), name, library, code };
    }),
  );
  if (found.length === 0) throw new Error(`no migrations in ${FOLDER.pathname}`);
  return found;
}
