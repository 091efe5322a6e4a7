import { readFileSync, statSync } from 'node:fs';
import { BadSetting } from './bad-setting.ts';
import type { StoreKind } from './store-kind.ts';
import type { Values } from './values.ts';

/** The secrets that were configured; undefined: the file store keeps its own. @throws {@link BadSetting} */
export function secretsOf(values: Values, storeKind: StoreKind): readonly string[] | undefined {
  if (values.SCANGATE_SECRETS !== undefined && values.SCANGATE_SECRETS_FILE !== undefined) {
    throw new BadSetting('SCANGATE_SECRETS', 'and SCANGATE_SECRETS_FILE are both set');
  }
  if (values.SCANGATE_SECRETS !== undefined)
    return checkedSecrets('SCANGATE_SECRETS', values.SCANGATE_SECRETS);
  if (values.SCANGATE_SECRETS_FILE !== undefined) {
    let text: string;
    try {
      assertPrivate(values.SCANGATE_SECRETS_FILE);
      text = new TextDecoder().decode(readFileSync(values.SCANGATE_SECRETS_FILE));
    } catch (error) {
      if (error instanceof BadSetting) throw error;
      throw new BadSetting(
        'SCANGATE_SECRETS_FILE',
        `cannot be read (${(error as NodeJS.ErrnoException).code})`,
      );
    }
    return checkedSecrets(
      'SCANGATE_SECRETS_FILE',
      text.split(/[,\s]+/).filter((item) => item !== ''),
    );
  }
  if (storeKind === 'redis') {
    throw new BadSetting(
      'SCANGATE_SECRETS',
      'has no default with a shared store: 32 random bytes in base64url, the same on every node',
    );
  }
  return undefined;
}

/** What everybody on a machine may do with a file (POSIX): read, write. Windows has no such thing. */
const EVERYBODY = 0o006;

function assertPrivate(path: string): void {
  if (process.platform === 'win32' || (statSync(path).mode & EVERYBODY) === 0) return;
  throw new BadSetting(
    'SCANGATE_SECRETS_FILE',
    'can be read or written by every user of this machine: take that from them (chmod o= on the file; in Kubernetes defaultMode: 0440)',
  );
}

/** Checks secrets without ever repeating them. @throws {@link BadSetting} */
export function checkedSecrets(name: string, secrets: readonly string[]): readonly string[] {
  if (secrets.length === 0) throw new BadSetting(name, 'holds no secret');
  secrets.forEach((secret, index) => {
    if (!isSecret(secret)) {
      throw new BadSetting(name, `number ${index + 1} is not 32 bytes in base64url`);
    }
  });
  if (new Set(secrets).size !== secrets.length) throw new BadSetting(name, 'holds one secret twice');
  return secrets;
}

function isSecret(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text;
}
