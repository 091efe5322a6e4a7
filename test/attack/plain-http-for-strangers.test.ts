import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

const REAL = {
  SCANGATE_PHONE_IDENTITY: 'jwt',
  SCANGATE_PHONE_JWT_ISSUER: 'https://id.example',
  SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
  SCANGATE_PHONE_JWT_JWKS: 'https://id.example/keys',
};
const OPEN = ['0.0.0.0', '::', '192.168.1.20', '203.0.113.5', 'gateway.example'];

test.each(OPEN)('attack: nobody on the way to %s reads tokens of real users', (host) => {
  for (const url of [{}, { SCANGATE_PUBLIC_URL: 'https://gateway.example' }])
    expect(() => readConfig({ ...REAL, ...url, HOST: host })).toThrow(/^HOST: .* plain http/);
});

test.each<readonly [string, Record<string, string>]>([
  ['a certificate', { SCANGATE_TLS_CERT: '/cert.pem', SCANGATE_TLS_KEY: '/key.pem' }],
  ['a listed proxy', { SCANGATE_TRUSTED_PROXIES: '10.0.0.0/8' }],
  ['the setting that says so', { SCANGATE_PLAIN_HTTP: 'allowed' }],
])('with %s it starts', (_what, env) => {
  for (const host of OPEN) expect(readConfig({ ...REAL, ...env, HOST: host }).HOST).toBe(host);
});

test('so does one on loopback, and one of pretended phones in a private network', () => {
  expect(readConfig({ ...REAL, HOST: '127.0.0.2' }).HOST).toBe('127.0.0.2');
  const lan = { SCANGATE_PHONE_IDENTITY: 'demo', SCANGATE_PUBLIC_URL: 'http://192.168.1.20:8080' };
  expect(readConfig({ ...lan, HOST: '0.0.0.0' }).HOST).toBe('0.0.0.0');
});

test('a tool that serves nobody is not asked', () => {
  expect(readConfig({ HOST: '0.0.0.0' }, false).HOST).toBe('0.0.0.0');
});
