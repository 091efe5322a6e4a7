import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { BadSetting } from '../../src/config/bad-setting.ts';
import { clientAddresses, sameNetwork } from '../../src/http/caller/client-address.ts';

function read(
  peer: string,
  headers: Record<string, string>,
  trusted: readonly string[],
  told: string[] = [],
) {
  const req = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return clientAddresses(trusted, (unlisted) => told.push(unlisted))(req);
}

const countedAs = (ip: string): string =>
  ({ '2001:db8::1': '2001:db8:0:0::/56', '2001:db8:ffff::1': '2001:db8:ffff:0::/56' })[ip] ?? ip;

const xff = (value: string) => ({ 'x-forwarded-for': value });

test.each([
  ['203.0.113.1', {}, [], '203.0.113.1'],
  ['::ffff:203.0.113.1', {}, [], '203.0.113.1'],
  ['10.0.0.1', xff('1.2.3.4'), ['10.0.0.1'], '1.2.3.4'],
  ['::ffff:10.0.0.1', xff('1.2.3.4'), ['10.0.0.0/8'], '1.2.3.4'],
  ['10.0.0.1', xff('6.6.6.6, 1.2.3.4, 10.0.0.2'), ['10.0.0.0/8'], '1.2.3.4'],
  ['10.0.0.1', xff('10.0.0.3, 10.0.0.2'), ['10.0.0.0/8'], '10.0.0.3'],
  ['10.0.0.1', xff('nonsense'), ['10.0.0.0/8'], '10.0.0.1'],
  ['10.0.0.1', xff('nonsense, 10.0.0.2'), ['10.0.0.0/8'], '10.0.0.2'],
  ['10.0.0.1', xff('1.2.3.4:5555'), ['10.0.0.0/8'], '1.2.3.4'],
  ['10.0.0.1', xff('[2001:db8::1]:443'), ['10.0.0.0/8'], '2001:db8::1'],
  ['2001:db8::5', xff('2001:db8:ffff::1'), ['2001:db8::/64'], '2001:db8:ffff::1'],
  ['10.0.0.1', xff(''), ['10.0.0.0/8'], '10.0.0.1'],
] as const)('%s with %j, trusting %j, is %s', (peer, headers, trusted, ip) => {
  expect(read(peer, headers, trusted)).toMatchObject({ ip, counted: countedAs(ip) });
});

test('an unlisted peer that forwards is told of once, and counted as its clients are unknown', () => {
  const told: string[] = [];
  const addressOf = clientAddresses([], (peer) => told.push(peer));
  const from = (remoteAddress: string, headers: Record<string, string>) =>
    addressOf({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);
  for (const headers of [xff('1.2.3.4'), { forwarded: 'for=1.2.3.4' }, { 'x-real-ip': '1.2.3.4' }])
    expect(from('192.168.1.1', headers)).toMatchObject({ ip: '', counted: '192.168.1.1' });
  expect(from('192.168.1.1', xff('10.0.0.1'))).toMatchObject({ ip: '', isLoopback: false });
  expect(from('127.0.0.1', xff('127.0.0.2'))).toMatchObject({ ip: '', isLoopback: true });
  for (const claim of ['1.2.3.4', '8.8.8.8'])
    expect(from('8.8.8.8', xff(claim))).toMatchObject({ ip: '', counted: '8.8.8.8' });
  expect(from('192.168.1.1', {})).toMatchObject({ ip: '192.168.1.1', counted: '192.168.1.1' });
  expect(told).toEqual(['192.168.1.1', '127.0.0.1', '8.8.8.8']);
  for (let count = 0; count < 60; count += 1) from(`8.8.4.${count}`, xff('1.2.3.4'));
  expect(told).toHaveLength(22);
});

test.each([
  [{ forwarded: 'for=1.2.3.4' }, '1.2.3.4'],
  [{ forwarded: 'For="[2001:db8::1]:4711"; proto=https;by=10.0.0.1' }, '2001:db8::1'],
  [{ forwarded: 'for=6.6.6.6, for=1.2.3.4:80, for=10.0.0.2' }, '1.2.3.4'],
  [{ forwarded: 'for="a,b;for=6.6.6.6", for=1.2.3.4' }, '1.2.3.4'],
  [{ forwarded: 'for=1.2.3.4, for=unknown' }, '10.0.0.1'],
  [{ forwarded: 'for=1.2.3.4, proto=https' }, '10.0.0.1'],
  [{ 'x-real-ip': '1.2.3.4' }, '1.2.3.4'],
  [{ 'x-real-ip': '1.2.3.4', ...xff('6.6.6.6, 1.2.3.4') }, '1.2.3.4'],
  [{ 'x-real-ip': '1.2.3.4', ...xff('6.6.6.6') }, ''],
  [{ forwarded: 'for=1.2.3.4', ...xff('6.6.6.6') }, ''],
  [{ forwarded: `for=6.6.6.6, ${'"'.repeat(5001)}` }, '10.0.0.1'],
])('%j from a listed proxy is from %s', (headers, ip) => {
  const counted = ip === '' ? '10.0.0.1' : countedAs(ip);
  expect(read('10.0.0.1', headers as Record<string, string>, ['10.0.0.0/8'])).toMatchObject({ ip, counted });
});

test('a proxy that is no address is refused', () => {
  expect(() => clientAddresses(['10.0.0.0/99'], () => undefined)).toThrow(BadSetting);
  expect(() => clientAddresses(['proxy'], () => undefined)).toThrow(BadSetting);
});

test.each([
  ['192.168.1.4', '192.168.1.200', true],
  ['192.168.1.4', '192.168.2.4', false],
  ['2001:db8::1', '2001:db8::ffff', true],
  ['2001:db8::1', '2001:db8:0:1::1', false],
  ['::ffff:1.2.3.4', '1.2.3.4', true],
  ['1.2.3.4', '2001:db8::1', false],
  ['', '1.2.3.4', false],
])('%s and %s are of one network: %s', (one, other, same) => {
  expect(sameNetwork(one, other)).toBe(same);
});

test('attack: a client with a network of IPv6 addresses is one client', () => {
  const counted = (peer: string) => read(peer, {}, []).counted;
  expect(counted('2001:db8:1:2ff:3:4:5:6')).toBe('2001:db8:1:200::/56');
  expect(counted('2001:db8:1:201::9')).toBe('2001:db8:1:200::/56');
  expect(counted('2001:db8:1:300::9')).toBe('2001:db8:1:300::/56');
});

test('an address is the same however many others were read before it', () => {
  const addressOf = clientAddresses([], () => undefined);
  const read = (remoteAddress: string) =>
    addressOf({ socket: { remoteAddress }, headers: {} } as unknown as IncomingMessage).ip;
  for (let round = 0; round < 2; round += 1)
    for (let count = 0; count < 1500; count += 1) {
      const ip = `10.9.${count >> 8}.${count & 255}`;
      expect(read(ip)).toBe(ip);
      expect(read('no address')).toBe('');
    }
});
