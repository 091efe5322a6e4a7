import { execFile } from 'node:child_process';
import { access, cp, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { built } from '../support/built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BASE = join(ROOT, '.cache/deploy/debian');
const MACHINE_LIMIT_MS = 600_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** A machine is made by root alone, and by what Debian has for it. */
export const NEEDED = ['debootstrap', 'systemd-container', 'buildah', 'podman', 'runc'] as const;

/** Runs a program to its end. @throws with what it printed. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    timeout: MACHINE_LIMIT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  return stdout;
}

/** Debian with systemd and Node in a folder, made once; npm too, as images of Node have it. */
export async function makeMachine(folder: string): Promise<void> {
  await run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...NEEDED);
  const made = await access(BASE).then(
    () => true,
    () => false,
  );
  if (!made) {
    const work = `${BASE}-${process.pid}`;
    await mkdir(dirname(BASE), { recursive: true });
    await run(
      'debootstrap',
      '--variant=minbase',
      '--include=systemd',
      'bookworm',
      work,
      'http://deb.debian.org/debian',
    );
    for (const spare of ['var/cache/apt/archives', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
      await rm(join(work, spare), { recursive: true });
    await rename(work, BASE);
  }
  await run('cp', '-a', BASE, folder);
  await cp(process.execPath, join(folder, 'usr/local/bin/node'));
  const npm = dirname(
    await run('npm', 'root', '--global').then((path) => join(path.trim(), 'npm/package.json')),
  );
  await cp(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
}

/** The package's tarball, in this folder. */
export async function packInto(folder: string): Promise<string> {
  built('main.js');
  await mkdir(folder, { recursive: true });
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
  });
  return join(folder, stdout.trim());
}
