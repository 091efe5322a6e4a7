import type { Setting } from './setting.ts';
import { SETTINGS } from './settings-table.ts';
import { givenText } from './values.ts';
import type { Variables } from './values.ts';

/**
 * The settings whose text is not their default, as it may stand in a log: nothing of a secret but that it is set, and of
 * an address neither user, password nor query.
 */
export function changedSettings(env: Variables): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const [name, row] of Object.entries<Setting>(SETTINGS)) {
    const text = givenText(env, name);
    if (text !== undefined && text !== row.initial)
      changed[name] = row.secret === true ? '(set)' : withoutCredentials(text);
  }
  return changed;
}

/**
 * An address, or several, without user and password, and without a query, which may hold a key. A password that should
 * have been percent-encoded may hold anything: all up to the last @ is left out, and a query up to the next address.
 */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/.*@/s, '//').replaceAll(/\?.*?(?=,\s*[a-z][a-z+]*:\/\/|$)/gs, '?…');
}
