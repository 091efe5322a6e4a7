import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { BadSetting } from '../src/config/bad-setting.ts';
import { withoutCredentials } from '../src/config/changed-settings.ts';
import { readConfig } from '../src/config/config.ts';
import { risksOf, weaknessesOf } from '../src/config/risks.ts';
import type { Setting } from '../src/config/setting.ts';
import { SETTINGS } from '../src/config/settings-table.ts';
import { temporaryFolder } from './support/folder.ts';

const SECRET = Buffer.alloc(32, 7).toString('base64url');
const OTHER = Buffer.alloc(32, 8).toString('base64url');
const REDIS = {
  SCANGATE_STORE: 'redis://127.0.0.1:6379',
  SCANGATE_SECRETS: SECRET,
  SCANGATE_PHONE_IDENTITY: 'demo',
};

test('an empty environment is a demo on the embedded store', () => {
  const config = readConfig({});
  expect(config.issuer).toBe('http://localhost:8080');
  expect(config.phoneIdentities).toEqual(['demo']);
  expect(config.SCANGATE_TICKET_LIFE).toBe(120_000);
  expect(config.secrets).toBeUndefined();
  expect(Object.isFrozen(config)).toBe(true);
});

test.each(['::1', '127.0.0.1', 'LOCALHOST'])(
  'on %s demo phones are a risk that is told, and no weakness',
  (HOST) => {
    const config = readConfig({ HOST, SCANGATE_PHONE_IDENTITY: 'demo' });
    expect(weaknessesOf(config, false)).toEqual([]);
    expect(risksOf(config, false)).toHaveLength(1);
  },
);

test('the public address follows the port', () => {
  expect(readConfig({ PORT: '9000' }).issuer).toBe('http://localhost:9000');
});

test('a name that is no setting is pointed out', () => {
  expect(readConfig({ SCANGATE_TICKET_LIVE: 'PT1M' }).unknown).toEqual(['SCANGATE_TICKET_LIVE']);
});

test('several secrets keep their order', () => {
  expect(readConfig({ ...REDIS, SCANGATE_SECRETS: `${SECRET}, ${OTHER}` }).secrets).toEqual([SECRET, OTHER]);
});

const REFUSED: readonly (readonly [string, string, Record<string, string>])[] = [
  ['a duration in seconds', 'SCANGATE_TICKET_LIFE', { SCANGATE_TICKET_LIFE: '120' }],
  ['a record that keeps nothing', 'SCANGATE_AUDIT_KEEP', { SCANGATE_AUDIT_KEEP: 'PT0S' }],
  ['a life above its cap', 'SCANGATE_TICKET_LIFE', { SCANGATE_TICKET_LIFE: 'PT9M' }],
  ['a port that is none', 'PORT', { PORT: '99999' }],
  [
    'a public address with a path of the gateway’s own',
    'SCANGATE_PUBLIC_URL',
    { SCANGATE_PUBLIC_URL: 'https://a.example/v1' },
  ],
  ['a public address of another scheme', 'SCANGATE_PUBLIC_URL', { SCANGATE_PUBLIC_URL: 'ftp://localhost' }],
  ['a store of another kind', 'SCANGATE_STORE', { SCANGATE_STORE: 'mysql://x' }],
  ['a shared store without secrets', 'SCANGATE_SECRETS', { ...REDIS, SCANGATE_SECRETS: '' }],
  ['a short secret', 'SCANGATE_SECRETS', { ...REDIS, SCANGATE_SECRETS: 'c2hvcnQ' }],
  ['a secret with padding', 'SCANGATE_SECRETS', { ...REDIS, SCANGATE_SECRETS: `${SECRET}=` }],
  ['a comma behind the last secret', 'SCANGATE_SECRETS', { ...REDIS, SCANGATE_SECRETS: `${SECRET},` }],
  [
    'a shared store with neither secrets nor a phone',
    'SCANGATE_SECRETS',
    { SCANGATE_STORE: REDIS.SCANGATE_STORE },
  ],
  ['a token that can be guessed', 'SCANGATE_REGISTRATION_TOKEN', { SCANGATE_REGISTRATION_TOKEN: 'short' }],
  ['a secret twice', 'SCANGATE_SECRETS', { ...REDIS, SCANGATE_SECRETS: `${SECRET},${SECRET}` }],
  ['a secrets file that is not there', 'SCANGATE_SECRETS_FILE', { SCANGATE_SECRETS_FILE: '/nonexistent' }],
  ['a shared store without a phone', 'SCANGATE_PHONE_IDENTITY', { ...REDIS, SCANGATE_PHONE_IDENTITY: '' }],
  ['an unknown phone', 'SCANGATE_PHONE_IDENTITY', { SCANGATE_PHONE_IDENTITY: 'nokia' }],
  ['demo beside another', 'SCANGATE_PHONE_IDENTITY', { SCANGATE_PHONE_IDENTITY: 'demo,jwt' }],
  ['demo in public', 'SCANGATE_PHONE_IDENTITY', { SCANGATE_PUBLIC_URL: 'https://bank.example' }],
  [
    'no limits in public',
    'SCANGATE_LIMITS',
    { SCANGATE_PUBLIC_URL: 'http://192.168.1.2', SCANGATE_LIMITS: 'off' },
  ],
  ['a drain that cannot end in time', 'SCANGATE_DRAIN_MAX', { SCANGATE_DRAIN_MAX: 'PT3S' }],
];

test.each(REFUSED)('%s stops the start with one line that names %s', (_what, name, env) => {
  let error: unknown;
  try {
    readConfig(env);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(BadSetting);
  const { message } = error as BadSetting;
  expect(message).toMatch(new RegExp(`^${name}: [^\n]+$`));
  expect(message).not.toContain(SECRET);
});

test('a bound of a duration is told as a duration', () => {
  expect(() => readConfig({ SCANGATE_AUDIT_KEEP: 'PT0S' })).toThrow('must be at least PT1M');
});

test.each([
  'http://10.1.2.3',
  'http://192.168.1.7:8080',
  'http://172.16.0.1',
  'http://127.0.0.1',
  'http://[::1]:8080',
])('demo may be pretended at %s', (url) => {
  expect(readConfig({ SCANGATE_PUBLIC_URL: url }).phoneIdentities).toEqual(['demo']);
});

test('every default keeps its own bounds', () => {
  for (const [name, row] of Object.entries(SETTINGS)) {
    if (row.initial !== undefined) expect(() => readConfig({ [name]: row.initial })).not.toThrow();
  }
});

test('what is not a default is said, and nothing of a secret', () => {
  const { changed } = readConfig({
    ...REDIS,
    PORT: '8080',
    SCANGATE_STORE: 'redis://user:pass%40word@127.0.0.1:6379/2',
    SCANGATE_TICKET_LIFE: 'PT1M',
    SCANGATE_CODE_LIFE: 'PT60S',
    SCANGATE_USER_STATUS_URL: 'https://admin:pw@users.example/status?key=abc',
    SCANGATE_USER_STATUS_TOKEN: 'bearer-of-users',
  });
  expect(changed).toEqual({
    SCANGATE_STORE: 'redis://127.0.0.1:6379/2',
    SCANGATE_SECRETS: '(set)',
    SCANGATE_PHONE_IDENTITY: 'demo',
    SCANGATE_TICKET_LIFE: 'PT1M',
    SCANGATE_USER_STATUS_URL: 'https://users.example/status?…',
    SCANGATE_USER_STATUS_TOKEN: '(set)',
  });
});

test.each([
  ['redis://u:pass/word@127.0.0.1:6379/2', 'redis://127.0.0.1:6379/2'],
  ['redis://u:pass@word@a', 'redis://a'],
  ['redis://u:pass//word?x@a', 'redis://a'],
  ['redis+sentinel://u:p@a,b/main?sentinel_password=pass,word', 'redis+sentinel://a,b/main?…'],
  ['https://a.example/x?key=1, https://b.example/y?key=2', 'https://a.example/x?…, https://b.example/y?…'],
])('of %s no password is said, even where it should have been percent-encoded', (given, said) => {
  expect(withoutCredentials(given)).toBe(said);
});

test('a setting that is named like a secret is marked as one', () => {
  const secrets = Object.keys(SETTINGS).filter((name) => /SECRETS?$|TOKEN$|PASSWORD$/.test(name));
  expect(secrets.length).toBeGreaterThan(4);
  const rows: Readonly<Record<string, Setting>> = SETTINGS;
  expect(secrets.filter((name) => rows[name]?.secret !== true)).toEqual([]);
});

test('a byte order mark in front of the secrets file is read over', async () => {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'secrets');
  writeFileSync(file, `\uFEFF${SECRET}\r\n${OTHER}\r\n`, { mode: 0o600 });
  expect(readConfig({ SCANGATE_SECRETS_FILE: file }).secrets).toEqual([SECRET, OTHER]);
  await folder.remove();
});

test.each([
  ['', ['SCANGATE_ARCHIVE: PostgreSQL is spoken to without TLS']],
  ['?sslmode=disable&ssl=true', ['SCANGATE_ARCHIVE: PostgreSQL is spoken to without TLS']],
  ['?ssl=true', []],
  ['?sslmode=verify-full', []],
  ['?sslmode=require&uselibpqcompat=true', ['SCANGATE_ARCHIVE: anybody may pass for this PostgreSQL']],
])('the TLS of an archive at …%s is what its driver makes of it', (query, risks) => {
  const config = readConfig({ SCANGATE_ARCHIVE: `postgres://u:p@db.example/x${query}` });
  expect(weaknessesOf(config, false).filter((risk) => risk.includes('PostgreSQL'))).toEqual(risks);
});

test.each(['/x?sslrootcert=/none/there', '/%E0%A4%A'])('an archive at …%s is refused at start', (rest) => {
  expect(() => readConfig({ SCANGATE_ARCHIVE: `postgres://u:secret@db.example${rest}` })).toThrow(
    /^SCANGATE_ARCHIVE(?!.*secret)/,
  );
});
