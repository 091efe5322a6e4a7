import { BadSetting } from './bad-setting.ts';
import { readSecretFile, unreachable } from './secret-files.ts';
import type { StoreKind } from './store-kind.ts';
import type { Values } from './values.ts';

type SecretValues = Pick<Values, 'SCANGATE_SECRETS' | 'SCANGATE_SECRETS_FILE'>;

/** Whether secrets were configured. */
export function hasSecrets(values: SecretValues): boolean {
  return values.SCANGATE_SECRETS !== undefined || values.SCANGATE_SECRETS_FILE !== undefined;
}

/** Why a tool, which can do without, cannot have the secrets of the file that is set; undefined where it can, or none is set. */
export function missingSecrets(values: SecretValues): string | undefined {
  const path = values.SCANGATE_SECRETS_FILE;
  if (path === undefined || values.SCANGATE_SECRETS !== undefined) return undefined;
  const code = unreachable(path);
  return code && `SCANGATE_SECRETS_FILE cannot be read (${code}): this goes on without secrets`;
}

/** The secrets that were configured; undefined: the file store keeps its own. @throws {@link BadSetting} */
export function secretsOf(values: SecretValues, storeKind: StoreKind): readonly string[] | undefined {
  if (values.SCANGATE_SECRETS !== undefined && values.SCANGATE_SECRETS_FILE !== undefined) {
    throw new BadSetting('SCANGATE_SECRETS', 'and SCANGATE_SECRETS_FILE are both set');
  }
  if (values.SCANGATE_SECRETS !== undefined)
    return checkedSecrets('SCANGATE_SECRETS', values.SCANGATE_SECRETS);
  if (values.SCANGATE_SECRETS_FILE !== undefined) {
    const text = readSecretFile('SCANGATE_SECRETS_FILE', values.SCANGATE_SECRETS_FILE);
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
