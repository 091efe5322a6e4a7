import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { BadSetting } from './bad-setting.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings-table.ts';
import { givenText } from './values.ts';
import type { Variables } from './values.ts';

/** What everybody on a machine may do with a file (POSIX): read, write. Windows has no such thing. */
const EVERYBODY = 0o006;

/** `SCANGATE_SECRETS_FILE` is a setting of its own: its file may hold several. */
const OF_ITS_OWN = 'SCANGATE_SECRETS';

/** The settings whose text may stand in a file that `<name>_FILE` names: those that are, or may hold, a secret. */
export const FILED_SETTINGS: readonly string[] = Object.entries<Setting>(SETTINGS)
  .filter(([name, row]) => (row.secret === true || row.filed === true) && name !== OF_ITS_OWN)
  .map(([name]) => name);

/** The files that settings were given in, by the settings' names. */
export function secretFiles(env: Variables): Readonly<Record<string, string>> {
  const files = [...FILED_SETTINGS, OF_ITS_OWN].map(
    (name) => [name, givenText(env, `${name}_FILE`)] as const,
  );
  return Object.fromEntries(files.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The environment with the text of each such file in its setting's place. @throws {@link BadSetting} */
export function withFiles(env: Variables): Variables {
  const texts: Record<string, string> = {};
  for (const [name, path] of Object.entries(secretFiles(env))) {
    if (name === OF_ITS_OWN) continue;
    if (givenText(env, name) !== undefined) throw new BadSetting(name, `and ${name}_FILE are both set`);
    const text = readSecretFile(`${name}_FILE`, path).trim();
    if (text === '') throw new BadSetting(`${name}_FILE`, 'holds nothing');
    texts[name] = text;
  }
  return { ...env, ...texts };
}

/** Why this process cannot have a file: it is not there, or not for it; undefined where it can. */
export function unreachable(path: string): 'ENOENT' | 'EACCES' | undefined {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'EACCES' ? code : undefined;
  }
}

/** A file that not everybody may read. @param setting that names it. @throws {@link BadSetting} */
export function readSecretFile(setting: string, path: string): string {
  try {
    assertPrivate(setting, path);
    return new TextDecoder().decode(readFileSync(path));
  } catch (error) {
    if (error instanceof BadSetting) throw error;
    throw new BadSetting(setting, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function assertPrivate(setting: string, path: string): void {
  if (process.platform === 'win32' || (statSync(path).mode & EVERYBODY) === 0) return;
  throw new BadSetting(
    setting,
    'can be read or written by every user of this machine: take that from them (chmod o= on the file; in Kubernetes defaultMode: 0440)',
  );
}
