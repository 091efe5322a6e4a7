import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.ts';

interface FindTools {
  readonly unpack: (
    packages: readonly string[],
    work: string,
    env: NodeJS.ProcessEnv,
  ) => Promise<{ readonly versions: Readonly<Record<string, string>> }>;
  readonly libraryFolders: (root: string) => readonly string[];
}

const { unpack, libraryFolders } = (await import(
  new URL('../../scripts/find-tools.mjs', import.meta.url).href
)) as FindTools;

/**
 * Debian's packages and all that they need beyond what is installed here, unpacked side by side: no rights needed, no
 * server is started, and nothing of this machine changes.
 */
export async function debianPlace(folder: string, packages: readonly string[]): Promise<Place> {
  const list = join(folder, 'versions.json');
  const asked = JSON.stringify(packages);
  if (!existsSync(list) || versionsIn(list)['asked'] !== asked) {
    const work = `${folder}-${process.pid}`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      const { versions } = await unpack(packages, work, process.env);
      writeFileSync(join(work, 'versions.json'), JSON.stringify({ ...versions, asked }, null, 2));
      rmSync(folder, { recursive: true, force: true });
      renameSync(work, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const root = join(folder, 'root');
  const versions = versionsIn(list);
  return {
    folder,
    version: (name) => versions[name] ?? installedVersion(name),
    file: (path) => [join(root, path), join('/', path)].find((each) => existsSync(each)) ?? join(root, path),
    env: environmentOf(root),
  };
}

function versionsIn(list: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(list, 'utf8')) as Readonly<Record<string, string>>;
}

function installedVersion(name: string): string {
  return execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
}

/** Where the unpacked programs look for what came with them. */
function environmentOf(root: string): Readonly<Record<string, string>> {
  const below = (...paths: readonly string[]): string => paths.map((path) => join(root, path)).join(':');
  const libraries = libraryFolders(root).map((folder) => join(root, folder));
  return {
    LD_LIBRARY_PATH: libraries.join(':'),
    PATH: `${below('usr/bin', 'usr/sbin')}:${process.env['PATH'] ?? ''}`,
    PYTHONPATH: below('usr/lib/python3/dist-packages'),
  };
}
