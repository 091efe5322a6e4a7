import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readFile, rename, symlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openLiveCertificate } from '../../src/compose/operate/live-certificate.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { dryRun } from '../../src/compose/check/dry-run.ts';
import { BadSetting } from '../../src/config/bad-setting.ts';
import { readConfig } from '../../src/config/config.ts';
import { makeCertificate } from '../delivery/front.ts';
import type { Certificate } from '../delivery/front.ts';
import { SecureReader } from '../delivery/secure-reader.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { expectStatus } from '../support/call.ts';
import { openTlsTunnel } from '../support/tls-tunnel.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { until } from '../support/until.ts';

let folder: TemporaryFolder;
let pairs: readonly [Certificate, Certificate];
let gateway: Gateway;
let settings: Readonly<Record<string, string>>;

/** As Kubernetes mounts a secret: files that are links into a folder, which a link leads to that is swapped. */
async function mount(name: string, cert: Certificate, key: Certificate): Promise<void> {
  const at = (path: string): string => join(folder.path, path);
  await mkdir(at(name));
  await copyFile(cert.path, at(`${name}/tls.crt`));
  await copyFile(key.keyPath, at(`${name}/tls.key`));
  await symlink(name, at('next'));
  await rename(at('next'), at('data'));
}

async function certificate(name: string): Promise<Certificate> {
  await mkdir(join(folder.path, name));
  return makeCertificate(join(folder.path, name));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  pairs = [await certificate('made-first'), await certificate('made-second')];
  await mount('mounted-first', pairs[0], pairs[0]);
  for (const name of ['tls.crt', 'tls.key']) await symlink(`data/${name}`, join(folder.path, name));
  settings = {
    SCANGATE_TLS_CERT: join(folder.path, 'tls.crt'),
    SCANGATE_TLS_KEY: join(folder.path, 'tls.key'),
  };
  gateway = await startGateway({ env: settings });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

/** A connection whose handshake is over, or why there is none. */
async function shake(options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  const ca = pairs.map(({ pem }) => pem);
  const socket = connect({ port: gateway.port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

async function shownCertificate(): Promise<string> {
  const socket = (await shake()) as TLSSocket;
  const shown = socket.getPeerX509Certificate()!.toString();
  socket.destroy();
  return shown.trim();
}

test.each(['/livez', '/readyz', '/', '/v1/tickets/x'])(
  '%s is answered over TLS, without HSTS on loopback',
  async (path) => {
    const asked = request(`${gateway.url}${path}`, { ca: pairs[0].pem, agent: false }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(path === '/v1/tickets/x' ? 404 : 200);
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
  },
);

test('TLS 1.2 and up is spoken, nothing before and nothing without forward secrecy', async () => {
  const weak = { ciphers: 'ALL:@SECLEVEL=0' };
  const spoken = async (options: ConnectionOptions): Promise<string | null> => {
    const socket = await shake(options);
    if (typeof socket === 'string') return socket;
    const protocol = socket.getProtocol();
    socket.destroy();
    return protocol;
  };
  expect(await spoken({})).toBe('TLSv1.3');
  expect(await spoken({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
  expect(await spoken({ ...weak, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).toMatch(/PROTOCOL_VERSION/);
  for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'NULL:@SECLEVEL=0'])
    expect(await spoken({ ciphers, maxVersion: 'TLSv1.2' })).toMatch(/HANDSHAKE_FAILURE|NO_CIPHER/);
  expect(await spoken({ ALPNProtocols: ['http/1.1'] })).toBe('TLSv1.3');
});

test('plain HTTP to its port is not answered', async () => {
  const socket = connectPlain({ port: gateway.port, host: '127.0.0.1' });
  let heard = '';
  socket.on('data', (data) => (heard += data.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'close');
  expect(heard).not.toContain('HTTP/1.1');
});

test.each(['SSE', 'poll', 'WebSocket'] as const)('a browser that waits by %s is told', async (way) => {
  const tunnel = await openTlsTunnel(gateway.port, pairs[0].pem);
  const minted = await mint(tunnel.url, { redirectUri: `${gateway.url}/demo/callback` });
  const reader = new SecureReader(way, minted, pairs[0].pem);
  try {
    await reader.told('pending');
    const scanned = expectStatus(await scan(tunnel.url, readScanCode(minted.notice)), 201);
    await reader.told('scanned');
    expectStatus(await confirm(tunnel.url, scanned), 200);
    await reader.told('confirmed');
    expect(minted.links.events).toMatch(/^https:/);
  } finally {
    reader.stop();
    await tunnel.close();
  }
});

test('another pair counts without a restart, a bad one changes nothing, and nobody is cut off', async () => {
  const held = (await shake()) as TLSSocket;
  const [first, second] = pairs;
  expect(await shownCertificate()).toBe(first.pem.trim());
  await mount('mounted-second', second, second);
  await until(async () => (await shownCertificate()) === second.pem.trim(), { what: 'the new certificate' });

  await mount('mounted-halves', first, second);
  await until(() => /certificate stays as it was/.test(gateway.output().stdout), { what: 'the warning' });
  expect(gateway.output().stdout).toMatch(/"level":"warn".*SCANGATE_TLS_KEY: is not the key/);
  expect(await shownCertificate()).toBe(second.pem.trim());

  await mount('mounted-again', first, first);
  gateway.signal('SIGHUP');
  await until(async () => (await shownCertificate()) === first.pem.trim(), { what: 'the first again' });

  held.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [data] = (await once(held, 'data')) as [Buffer];
  expect(data.toString()).toMatch(/^HTTP\/1\.1 200/);
  held.destroy();
});

test.each<readonly [string, string, () => Record<string, string>]>([
  ['a certificate alone', 'SCANGATE_TLS_CERT', () => ({ SCANGATE_TLS_KEY: '' })],
  ['a key alone', 'SCANGATE_TLS_KEY', () => ({ SCANGATE_TLS_CERT: '' })],
  ['a certificate that is not there', 'SCANGATE_TLS_CERT', () => ({ SCANGATE_TLS_CERT: '/none' })],
  ['a certificate that is none', 'SCANGATE_TLS_CERT', () => ({ SCANGATE_TLS_CERT: pairs[0].keyPath })],
  ['a key that is none', 'SCANGATE_TLS_KEY', () => ({ SCANGATE_TLS_KEY: pairs[0].keyPath + '.none' })],
  ['the key of another', 'SCANGATE_TLS_KEY', () => ({ SCANGATE_TLS_KEY: pairs[1].keyPath })],
  ['a key that all may read', 'SCANGATE_TLS_KEY', () => ({ SCANGATE_TLS_KEY: `${pairs[0].keyPath}.open` })],
  ['a public address of http', 'SCANGATE_PUBLIC_URL', () => ({ SCANGATE_PUBLIC_URL: 'http://localhost' })],
])('%s is refused by one line that names %s', async (_what, name, env) => {
  await copyFile(pairs[0].keyPath, `${pairs[0].keyPath}.open`);
  await chmod(`${pairs[0].keyPath}.open`, 0o644);
  const start = (): unknown => dryRun(readConfig({ ...settings, ...env() }));
  expect(start).toThrow(BadSetting);
  expect(start).toThrow(new RegExp(`^${name}: [^\\n]+$`));
});

test("the image's health check asks over TLS where the gateway speaks it", async () => {
  const text = await readFile(new URL('../../deploy/Containerfile', import.meta.url), 'utf8');
  const [, command = '[]'] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(text) ?? [];
  const [, ...args] = JSON.parse(command) as readonly string[];
  const statusOf = (env: Readonly<Record<string, string>>): Promise<number | null> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, args, { env: { PORT: String(gateway.port), ...env } });
      child.on('close', resolve);
    });
  expect(await statusOf(settings)).toBe(0);
  expect(await statusOf({})).toBe(1);
});

test('a certificate that ends under a running gateway is warned of every day', () => {
  const config = readConfig({ ...settings, SCANGATE_PUBLIC_URL: 'https://localhost' });
  const warned: string[] = [];
  const log = makeLog('warn', { write: (line) => void warned.push(line) });
  const time = new VirtualTime();
  const live = openLiveCertificate(config, { log, metrics: makeMetrics(false), time });
  expect(warned).toHaveLength(1);
  time.pass(86_400_000);
  expect(warned).toHaveLength(2);
  void live.close();
  expect(time.waiting).toBe(0);
});
