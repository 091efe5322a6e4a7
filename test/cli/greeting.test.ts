import { expect, test } from '@jest/globals';
import { greeting } from '../../src/cli/greeting.ts';
import type { Interfaces } from '../../src/cli/greeting.ts';
import { readConfig } from '../../src/config/config.ts';

const REAL = {
  SCANGATE_PHONE_IDENTITY: 'jwt',
  SCANGATE_PHONE_JWT_ISSUER: 'https://id.example',
  SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
  SCANGATE_PHONE_JWT_JWKS: 'https://id.example/keys',
};

const LINE = /For a phone on this network: (?<settings>.+) npm start/;

function machine(...addresses: readonly string[]): Interfaces {
  const one = { family: 'IPv4', internal: false, netmask: '255.255.255.0', mac: '', cidr: null } as const;
  const loopback = { ...one, address: '127.0.0.1', internal: true };
  return { lo: [loopback], eth0: addresses.map((address) => ({ ...one, address })) };
}

test.each([{}, REAL])('what the greeting says for a phone on this network starts: %j', (env) => {
  const said = greeting(readConfig(env), machine('203.0.113.5', '192.168.1.20'), 'npm start');
  const settings = LINE.exec(said)?.groups?.['settings']?.split(' ') ?? [];
  expect(settings).toContain('SCANGATE_PUBLIC_URL=http://192.168.1.20:8080');
  const config = readConfig({ ...env, ...Object.fromEntries(settings.map((one) => one.split('='))) });
  expect(config.HOST).toBe('0.0.0.0');
});

test('it says nothing of that where no address of the machine is private', () => {
  for (const addresses of [[], ['203.0.113.5']])
    expect(greeting(readConfig({}), machine(...addresses), 'npm start')).not.toMatch(LINE);
});

test('it names the page for operators where there is one', () => {
  const said = (url?: string): string => greeting(readConfig({}), machine(), 'npm start', url);
  expect(said('http://127.0.0.1:9080/')).toMatch(/http:\/\/127\.0\.0\.1:9080\/$/m);
  expect(said()).not.toContain('9080');
});
