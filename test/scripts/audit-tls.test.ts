import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../delivery/front.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/audit.mjs');
const KEPT = 'max-age=31536000';
const run = promisify(execFile);

let folder: TemporaryFolder;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await folder.remove();
});

/** What openssl calls for to sign with dates of one's own. */
const AUTHORITY = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost, IP:0.0.0.0
[req]
distinguished_name = nobody
[nobody]
`;

/** A certificate, signed by itself, for localhost and 0.0.0.0, that ends in so many days. */
async function certificate(name: string, endsInDays: number): Promise<{ path: string; keyPath: string }> {
  const cwd = join(folder.path, name);
  await mkdir(cwd);
  await writeFile(join(cwd, 'own.cnf'), AUTHORITY);
  await writeFile(join(cwd, 'index.txt'), '');
  const date = (days: number): string =>
    `${new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\..*$/g, '')}Z`;
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem'.split(' ');
  await run('openssl', ['req', '-config', 'own.cnf', ...key, '-subj', '/CN=localhost', '-out', 'asked.pem'], {
    cwd,
  });
  const dates = ['-startdate', date(-30), '-enddate', date(endsInDays)];
  const files = '-keyfile key.pem -in asked.pem -out cert.pem'.split(' ');
  await run('openssl', ['ca', '-batch', '-selfsign', '-notext', '-config', 'own.cnf', ...files, ...dates], {
    cwd,
  });
  return { path: join(cwd, 'cert.pem'), keyPath: join(cwd, 'key.pem') };
}

interface Found {
  readonly status: number;
  /** Of the row `tls`. */
  readonly says: readonly string[];
  /** The rows that were looked at. */
  readonly looked: readonly string[];
}

/** The audit of an address, by a process that trusts this certificate. */
async function audited(url: string, trusted?: string): Promise<Found> {
  const env = { ...process.env, ...(trusted !== undefined && { NODE_EXTRA_CA_CERTS: trusted }) };
  const child = spawn(process.execPath, [SCRIPT, '--url', url, '--json'], { env });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  const [status] = (await once(child, 'close')) as [number];
  const { checks } = JSON.parse(text) as {
    readonly checks: readonly {
      readonly name: string;
      readonly outcome: string;
      readonly says: readonly string[];
    }[];
  };
  const looked = checks.filter(({ outcome }) => outcome !== 'skipped').map(({ name }) => name);
  return { status, looked, says: checks.find(({ name }) => name === 'tls')?.says ?? [] };
}

/** A server that speaks TLS so, and says little. */
async function secure(
  { path, keyPath }: { readonly path: string; readonly keyPath: string },
  { hsts = KEPT, ...options }: ServerOptions & { readonly hsts?: string } = {},
): Promise<number> {
  const pair = { cert: await readFile(path), key: await readFile(keyPath) };
  const server = createServer({ ...pair, ...options }, (_req, res) =>
    res.setHeader('strict-transport-security', hsts).end(),
  ).listen(0, '0.0.0.0');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('TLS of this build is found without a weakness', async () => {
  const own = join(folder.path, 'gateway');
  await mkdir(own);
  const { path, keyPath } = await makeCertificate(own, 30);
  const gateway = await startGateway({ env: { SCANGATE_TLS_CERT: path, SCANGATE_TLS_KEY: keyPath } });
  try {
    const { says, looked } = await audited(gateway.url, path);
    expect(says).toEqual([]);
    expect(looked).toContain('tls');
    // What nobody vouches for is named, and asked for nothing more.
    expect(await audited(gateway.url)).toEqual({
      status: 1,
      says: [expect.stringMatching(/^the certificate is signed by itself/)],
      looked: ['tls'],
    });
  } finally {
    await gateway.stop();
  }
});

test('a weakness of TLS is named', async () => {
  const [good, soon, over] = [
    await certificate('good', 90),
    await certificate('soon', 5),
    await certificate('over', -1),
  ];
  const old: ServerOptions = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' };
  const says = async (host: string, port: number, { path }: { readonly path: string }): Promise<string> =>
    (await audited(`https://${host}:${port}`, path)).says.join();
  const found = await Promise.all([
    says('0.0.0.0', await secure(good), good),
    says('localhost', await secure(good, old), good),
    says('localhost', await secure(soon), soon),
    says('localhost', await secure(over), over),
    says('127.0.0.1', await secure(good), good),
    says('0.0.0.0', await secure(good, { hsts: 'max-age=60' }), good),
  ]);
  expect(found).toEqual([
    '',
    'TLS below 1.2 is spoken',
    'the certificate ends within 14 days',
    'the certificate has expired',
    'the certificate is for another name',
    'strict-transport-security is missing, or for less than 180 days',
  ]);
});
