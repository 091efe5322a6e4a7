import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { checkedSecrets } from './config.ts';

/**
 * The secrets that a file store keeps in its own folder, made at the first start and readable by the owner alone.
 *
 * @throws BadSetting where the file holds something else.
 */
export function keptSecrets(file: string): readonly string[] {
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return checkedSecrets(
    file,
    readFileSync(file, 'utf8')
      .split(/[,\s]+/)
      .filter((item) => item !== ''),
  );
}
