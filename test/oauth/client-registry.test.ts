import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BadClients } from '../../src/oauth/clients/client-file.ts';
import { openClientRegistry } from '../../src/oauth/clients/client-registry.ts';
import type { ClientRegistryOptions, FollowingRegistry } from '../../src/oauth/clients/client-registry.ts';
import { demoClient } from '../../src/oauth/clients/demo-client.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

let file: string;
let registry: FollowingRegistry | undefined;

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, 'clients.json');
});

afterEach(async () => {
  registry?.close();
  registry = undefined;
  await folder.remove();
});

function write(clients: unknown): void {
  writeText(JSON.stringify(clients));
}

/** In one step, so that no look falls on half a file. */
function writeText(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function follow(more: Partial<ClientRegistryOptions> = {}): FollowingRegistry {
  registry?.close();
  registry = openClientRegistry({
    file,
    builtIn: [],
    isUnfillable: () => false,
    knowsAuthTime: true,
    plainHttp: false,
    lookMs: 20,
    time: systemTime,
    ...more,
  });
  return registry;
}

test('a change counts without a restart', async () => {
  write([{ client_id: 'a', redirect_uris: ['https://a.example/cb'] }]);
  const clients = follow();
  expect(clients.find('a')?.client_name).toBe('a');
  expect(clients.isClientOrigin('https://a.example')).toBe(true);
  write([{ client_id: 'b', redirect_uris: ['https://b.example/other/cb'] }]);
  await until(() => clients.find('b') !== undefined);
  expect(clients.find('a')).toBeUndefined();
  expect(clients.isClientOrigin('https://a.example')).toBe(false);
  expect(clients.isClientOrigin('https://b.example')).toBe(true);
});

test('a byte order mark in front of the file is read over', () => {
  writeText(`\uFEFF${JSON.stringify([{ client_id: 'a' }])}`);
  expect(follow().find('a')).toBeDefined();
});

test('a changed file with mistakes changes nothing, and its mistakes are told', async () => {
  write([{ client_id: 'a' }]);
  const told: string[] = [];
  const clients = follow({ onMistakes: (mistakes) => told.push(...mistakes) });
  writeText('[\n{"client_id": ""}]');
  await until(() => told.length > 0);
  expect(told[0]).toMatch(/^line 2: /);
  expect(clients.find('a')).toBeDefined();
});

test('a first file with mistakes, or none at all, is refused', () => {
  expect(() => follow()).toThrow(BadClients);
  writeFileSync(file, '[');
  expect(() => follow()).toThrow(BadClients);
});

test('the built-in client is there without a file, and its name cannot be taken', () => {
  const demo = demoClient('http://localhost:8080');
  expect(follow({ file: undefined, builtIn: [demo] }).find('demo')?.redirect_uris).toEqual([
    'http://localhost:8080/demo/callback',
  ]);
  write([{ client_id: 'demo' }]);
  expect(() => follow({ builtIn: [demo] })).toThrow(BadClients);
});

test('attack: an app’s own scheme makes no sandboxed page an origin of its', () => {
  write([{ client_id: 'app', redirect_uris: ['com.example.app:/cb', 'https://app.example/cb'] }]);
  const clients = follow();
  expect(clients.isClientOrigin('null')).toBe(false);
  expect(clients.isClientOrigin('https://app.example')).toBe(true);
});

test('a name from the prototype is no client', () => {
  write([{ client_id: 'a' }]);
  expect(follow().find('__proto__')).toBeUndefined();
  expect(follow().find('constructor')).toBeUndefined();
});

test('a file that cannot even be looked at changes nothing, and comes back', async () => {
  write([{ client_id: 'a' }]);
  const told: string[] = [];
  const clients = follow({ onMistakes: (mistakes) => told.push(...mistakes) });
  symlinkSync(file, `${file}.loop`);
  renameSync(`${file}.loop`, file);
  await until(() => told.length > 0);
  expect(told).toEqual(['cannot be read (ELOOP)']);
  expect(clients.find('a')).toBeDefined();
  write([{ client_id: 'b' }]);
  await until(() => clients.find('b') !== undefined);
});
