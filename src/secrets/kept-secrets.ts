import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * The secrets that a file store keeps in its own folder, as they stand in the file: made at the first start, readable
 * by the owner alone.
 */
export function keptSecrets(file: string): readonly string[] {
  try {
    const made = randomBytes(32).toString('base64url');
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return secretsIn(file);
}

/** The same for whoever serves nobody, and makes none: empty where the folder has none. */
export function keptSecretsIfAny(file: string): readonly string[] {
  return existsSync(file) ? secretsIn(file) : [];
}

function secretsIn(file: string): readonly string[] {
  return new TextDecoder()
    .decode(readFileSync(file))
    .split(/[,\s]+/)
    .filter((item) => item !== '');
}
