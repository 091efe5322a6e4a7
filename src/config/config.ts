import { readFileSync } from 'node:fs';
import { Temporal } from '@js-temporal/polyfill';
import { SETTINGS } from './settings-table.ts';
import type { Kind, Setting } from './setting.ts';
import type { SettingName } from './settings-table.ts';

type Value<K extends Kind> = K extends 'list'
  ? readonly string[]
  : K extends 'count' | 'bytes' | 'port' | 'duration'
    ? number
    : K extends readonly (infer Choice)[]
      ? Choice
      : string;

type Values = {
  readonly [N in SettingName]: (typeof SETTINGS)[N]['initial'] extends string
    ? Value<(typeof SETTINGS)[N]['kind']>
    : Value<(typeof SETTINGS)[N]['kind']> | undefined;
};

/** What the process was told, checked and frozen: each setting under its own name (durations in milliseconds), and what follows from them. */
export interface Config extends Omit<Values, 'SCANGATE_PUBLIC_URL'> {
  readonly publicUrl: URL;
  /** The public address without a trailing slash: the issuer. */
  readonly issuer: string;
  readonly storeKind: 'file' | 'redis';
  readonly phoneIdentities: readonly string[];
  /** Undefined: the file store keeps its own. */
  readonly secrets: readonly string[] | undefined;
  /** What a test switches off to see what it is good for (`SCANGATE_TEST_WITHOUT`); never set otherwise. */
  readonly withoutForTests: readonly string[];
  /** Names that look like settings and are none: to be warned of, for they are likely typing errors. */
  readonly unknown: readonly string[];
}

/** A setting that cannot be: one line that names it. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting';
  constructor(setting: string, why: string) {
    super(`${setting}: ${why}`);
  }
}

const PHONE_IDENTITIES = ['demo', 'jwt', 'oidc', 'wechat'];

/**
 * Reads the environment.
 *
 * @param serves false for a tool that looks at the store and serves nobody: it needs neither secrets nor phones.
 * @throws {@link BadSetting} for the first setting that is wrong, or contradicts another.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, serves = true): Config {
  const read: Record<string, unknown> = {};
  for (const [name, row] of Object.entries<Setting>(SETTINGS)) {
    const text = env[name]?.trim();
    const given = text === undefined || text === '' ? row.initial : text;
    read[name] = given === undefined ? undefined : parse(name, row, given);
  }
  const values = read as unknown as Values;
  assertRelations(values);
  const publicUrl = publicUrlOf(values);
  const storeKind = storeKindOf(values.SCANGATE_STORE);
  return Object.freeze({
    ...values,
    publicUrl,
    issuer: publicUrl.href.replace(/\/$/, ''),
    storeKind,
    secrets: serves ? secretsOf(values, storeKind) : undefined,
    phoneIdentities: serves ? identitiesOf(values, storeKind, publicUrl) : [],
    withoutForTests: (env['SCANGATE_TEST_WITHOUT'] ?? '').split(','),
    unknown: Object.keys(env).filter(
      (name) => /^SCANGATE_(?!TEST_)/.test(name) && !Object.hasOwn(SETTINGS, name),
    ),
  });
}

function parse(name: string, row: Setting, text: string): unknown {
  switch (row.kind) {
    case 'text':
      return text;
    case 'list':
      return listed(name, text);
    case 'count':
    case 'bytes':
    case 'port':
      if (!/^[0-9]{1,12}$/.test(text)) throw new BadSetting(name, `"${text}" is not a whole number`);
      return bounded(name, row.kind === 'port' ? { ...row, max: 65_535 } : row, Number(text));
    case 'duration':
      return bounded(name, row, milliseconds(name, text));
    default:
      if (!row.kind.includes(text)) throw new BadSetting(name, `must be one of ${row.kind.join(', ')}`);
      return text;
  }
}

function listed(name: string, text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new BadSetting(name, 'has nothing between two commas, or at an end');
  return items;
}

function bounded(name: string, row: { min?: number; max?: number }, value: number): number {
  if (row.min !== undefined && value < row.min) throw new BadSetting(name, `must be at least ${row.min}`);
  if (row.max !== undefined && value > row.max) throw new BadSetting(name, `must be at most ${row.max}`);
  return value;
}

function milliseconds(name: string, text: string): number {
  try {
    return Math.round(Temporal.Duration.from(text).total({ unit: 'milliseconds', relativeTo: '1970-01-01' }));
  } catch {
    throw new BadSetting(name, `"${text}" is not an ISO 8601 duration such as PT30S`);
  }
}

function assertRelations(values: Values): void {
  const ordered: readonly (readonly [SettingName, SettingName])[] = [
    ['SCANGATE_TICKET_LIFE', 'SCANGATE_TICKET_LIFE_MAX'],
    ['SCANGATE_RECHECK_MIN', 'SCANGATE_RECHECK_MAX'],
    ['SCANGATE_SSE_LIFE_MIN', 'SCANGATE_SSE_LIFE_MAX'],
    ['SCANGATE_CANARY_PERIOD', 'SCANGATE_CANARY_LIMIT'],
  ];
  for (const [low, high] of ordered) {
    if ((values[low] as number) > (values[high] as number))
      throw new BadSetting(low, `must not exceed ${high}`);
  }
  if (values.SCANGATE_DRAIN_WAIT + values.SCANGATE_DRAIN_WINDOW > values.SCANGATE_DRAIN_MAX) {
    throw new BadSetting(
      'SCANGATE_DRAIN_MAX',
      'must be at least SCANGATE_DRAIN_WAIT + SCANGATE_DRAIN_WINDOW',
    );
  }
}

function publicUrlOf(values: Values): URL {
  const text = values.SCANGATE_PUBLIC_URL ?? `http://localhost:${values.PORT}`;
  if (!URL.canParse(text)) throw new BadSetting('SCANGATE_PUBLIC_URL', 'is not an address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must begin with http:// or https://');
  }
  if (
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/'
  ) {
    throw new BadSetting('SCANGATE_PUBLIC_URL', 'must be an origin, without path, query, fragment or user');
  }
  if (values.SCANGATE_LIMITS === 'off' && !isLoopback(url.hostname)) {
    throw new BadSetting('SCANGATE_LIMITS', 'off is for loopback addresses only');
  }
  return url;
}

function storeKindOf(store: string): Config['storeKind'] {
  if (/^file:./.test(store)) return 'file';
  if (/^rediss?(\+sentinel|\+cluster)?:\/\/./.test(store)) return 'redis';
  throw new BadSetting(
    'SCANGATE_STORE',
    'must be file:<folder>, redis://, rediss://, redis+sentinel:// or redis+cluster://',
  );
}

function identitiesOf(values: Values, storeKind: Config['storeKind'], publicUrl: URL): readonly string[] {
  const named = values.SCANGATE_PHONE_IDENTITY ?? (storeKind === 'file' ? ['demo'] : []);
  for (const name of named) {
    if (!PHONE_IDENTITIES.includes(name))
      throw new BadSetting('SCANGATE_PHONE_IDENTITY', `knows no "${name}"`);
  }
  if (new Set(named).size !== named.length)
    throw new BadSetting('SCANGATE_PHONE_IDENTITY', 'names one twice');
  if (named.length === 0) {
    throw new BadSetting(
      'SCANGATE_PHONE_IDENTITY',
      'has no default with a shared store: name demo, jwt, oidc or wechat',
    );
  }
  if (named.includes('demo')) {
    if (named.length > 1) throw new BadSetting('SCANGATE_PHONE_IDENTITY', 'demo goes alone');
    if (!isLoopback(publicUrl.hostname) && !isPrivate(publicUrl.hostname)) {
      throw new BadSetting(
        'SCANGATE_PHONE_IDENTITY',
        'demo lets anyone be anyone: it starts only where SCANGATE_PUBLIC_URL is a loopback or private address',
      );
    }
  }
  if (values.SCANGATE_SUB_BARE !== undefined && !named.includes(values.SCANGATE_SUB_BARE)) {
    throw new BadSetting('SCANGATE_SUB_BARE', 'must be one of SCANGATE_PHONE_IDENTITY');
  }
  return named;
}

function secretsOf(values: Values, storeKind: Config['storeKind']): readonly string[] | undefined {
  if (values.SCANGATE_SECRETS !== undefined && values.SCANGATE_SECRETS_FILE !== undefined) {
    throw new BadSetting('SCANGATE_SECRETS', 'and SCANGATE_SECRETS_FILE are both set');
  }
  if (values.SCANGATE_SECRETS !== undefined)
    return checkedSecrets('SCANGATE_SECRETS', values.SCANGATE_SECRETS);
  if (values.SCANGATE_SECRETS_FILE !== undefined) {
    let text: string;
    try {
      text = readFileSync(values.SCANGATE_SECRETS_FILE, 'utf8');
    } catch (error) {
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

/** Whether a host name of a URL is this machine's own. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

function isPrivate(host: string): boolean {
  return (
    /^10(\.\d{1,3}){3}$/.test(host) ||
    /^192\.168(\.\d{1,3}){2}$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(host) ||
    /^169\.254(\.\d{1,3}){2}$/.test(host) ||
    /^\[f[cd][0-9a-f]{2}:/.test(host) ||
    /^\[fe[89ab][0-9a-f]:/.test(host)
  );
}
