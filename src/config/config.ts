import { adminListenOf } from './admin-listen.ts';
import type { AdminListen } from './admin-listen.ts';
import { changedSettings } from './changed-settings.ts';
import { assertNotPlain } from './plain-http.ts';
import { tlsFilesOf } from './tls-pair.ts';
import type { TlsFiles } from './tls-pair.ts';
import { phoneAppOf } from './phone-app.ts';
import type { PhoneApp } from './phone-app.ts';
import { identitiesOf } from './phone-identities.ts';
import type { PhoneIdentityName } from './phone-identities.ts';
import { publicUrlOf } from './public-url.ts';
import { assertRegistrationTokens } from './registration-tokens.ts';
import { assertRelations } from './relations.ts';
import { FILED_SETTINGS, secretFiles, withFiles } from './secret-files.ts';
import { hasSecrets, missingSecrets, secretsOf } from './secrets.ts';
import { SETTINGS } from './settings-table.ts';
import { assertArchiveAddress, storeKindOf } from './store-kind.ts';
import type { StoreKind } from './store-kind.ts';
import { readValues } from './values.ts';
import type { Values, Variables } from './values.ts';

/** What the process was told, checked and frozen: each setting under its own name (durations in milliseconds), and what follows from them. */
export interface Config extends Omit<Values, 'SCANGATE_PUBLIC_URL'> {
  readonly publicUrl: URL;
  /** The public address without a trailing slash: the issuer. */
  readonly issuer: string;
  /** Its path without a trailing slash: everything is below it; `''` for none. */
  readonly basePath: string;
  readonly storeKind: StoreKind;
  /** Undefined: the gateway speaks plain HTTP. */
  readonly tlsFiles: TlsFiles | undefined;
  /** Where operators are listened to; undefined: nowhere. */
  readonly adminListen: AdminListen | undefined;
  /** Whether the API is readable at `/docs`. */
  readonly hasDocs: boolean;
  readonly phoneIdentities: readonly PhoneIdentityName[];
  readonly phoneApp: PhoneApp;
  /** False for a tool that looks at the store and serves nobody. */
  readonly serves: boolean;
  /** Undefined: the file store keeps its own, or a tool was given none. */
  readonly secrets: readonly string[] | undefined;
  /** Said by a tool whose file of secrets is not there, or not for it. */
  readonly withoutSecrets: string | undefined;
  /** What a test switches off to see what it is good for (`SCANGATE_TEST_WITHOUT`); never set otherwise. */
  readonly withoutForTests: readonly string[];
  /** The settings that are not their defaults, fit for a log: see {@link changedSettings}. */
  readonly changed: Readonly<Record<string, string>>;
  /** The files that secrets were given in, by the names of their settings. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** Reads the same environment again, and the files that it names as they are then. @throws BadSetting */
  readonly reread: () => Config;
  /** Names that look like settings and are none: to be warned of, for they are likely typing errors. */
  readonly unknown: readonly string[];
}

/**
 * Reads the environment.
 *
 * @param serves false for a tool that looks at the store and serves nobody: it needs no secrets, but takes those that are set and that it can read, and no
 *   phones.
 * @throws BadSetting for the first setting that is wrong, or contradicts another.
 */
export function readConfig(env: Variables, serves = true): Config {
  const filled = withFiles(env);
  const values = readValues(filled);
  assertRelations(values);
  assertArchiveAddress(values.SCANGATE_ARCHIVE);
  assertRegistrationTokens(values);
  const tlsFiles = tlsFilesOf(values);
  const publicUrl = publicUrlOf(values);
  const storeKind = storeKindOf(values.SCANGATE_STORE);
  const withoutSecrets = serves ? undefined : missingSecrets(values);
  const needsSecrets = serves || (hasSecrets(values) && withoutSecrets === undefined);
  const secrets = needsSecrets ? secretsOf(values, storeKind) : undefined;
  const phoneIdentities = serves ? identitiesOf(values, storeKind, publicUrl) : [];
  if (serves) assertNotPlain(values, phoneIdentities);
  return Object.freeze({
    ...values,
    publicUrl,
    issuer: publicUrl.href.replace(/\/$/, ''),
    basePath: publicUrl.pathname.replace(/\/$/, ''),
    storeKind,
    tlsFiles,
    serves,
    secrets,
    withoutSecrets,
    phoneIdentities,
    adminListen: adminListenOf(values),
    hasDocs: (values.SCANGATE_DOCS ?? (phoneIdentities.includes('demo') ? 'on' : 'off')) === 'on',
    phoneApp: phoneAppOf(values),
    withoutForTests: (env['SCANGATE_TEST_WITHOUT'] ?? '').split(','),
    changed: changedSettings(filled),
    secretFiles: secretFiles(env),
    reread: () => readConfig(env, serves),
    unknown: Object.keys(env).filter((name) => /^SCANGATE_(?!TEST_)/.test(name) && !isSetting(name)),
  });
}

function isSetting(name: string): boolean {
  return Object.hasOwn(SETTINGS, name) || FILED_SETTINGS.includes(name.replace(/_FILE$/, ''));
}
