import { withoutCredentials } from './changed-settings.ts';
import type { Config } from './config.ts';
import { secretFiles } from './secret-files.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings-table.ts';
import { givenText } from './values.ts';
import type { Variables } from './values.ts';

/** One setting as it takes effect, fit to be shown. */
export interface SettingInEffect {
  readonly name: string;
  /** A secret's is `(set)`, an address' is without user, password and query; undefined: it has none. */
  readonly value: string | undefined;
  /** `default`, `environment`, or `file <path>`. */
  readonly source: string;
}

/** Every setting as it takes effect, and where from. @param config what was read; undefined: it could not be. */
export function settingsInEffect(env: Variables, config: Config | undefined): readonly SettingInEffect[] {
  const files = secretFiles(env);
  const derived = config === undefined ? {} : derivedOf(config);
  return Object.entries<Setting>(SETTINGS).map(([name, row]) => {
    const given = givenText(env, name);
    const file = files[name];
    if (given === undefined && file === undefined)
      return { name, value: row.initial ?? derived[name], source: 'default' };
    const isHidden = row.secret === true || given === undefined;
    const value = isHidden ? '(set)' : withoutCredentials(given);
    return { name, value, source: given === undefined ? `file ${file}` : 'environment' };
  });
}

/** The defaults that follow from other settings. */
function derivedOf({
  issuer,
  phoneIdentities,
  adminListen,
  hasDocs,
  secrets,
}: Config): Record<string, string> {
  return {
    SCANGATE_PUBLIC_URL: `${issuer}/`,
    SCANGATE_PHONE_IDENTITY: phoneIdentities.join(','),
    SCANGATE_ADMIN_LISTEN: adminListen === undefined ? 'off' : `${adminListen.host}:${adminListen.port}`,
    SCANGATE_DOCS: hasDocs ? 'on' : 'off',
    ...(secrets === undefined ? { SCANGATE_SECRETS: '(kept with the store)' } : {}),
  };
}
