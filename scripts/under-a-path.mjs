/**
 * `npm run under-a-path`: the conformance suite and those of OpenID Connect clients, with every gateway below `https://localhost:…/scan`: behind
 * an nginx that takes the path away, and an HAProxy that leaves it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

const SUITES = [
  'oauth/openid-client',
  'oauth/oauth4webapi',
  'oauth/express-openid-connect',
  'delivery/conformance',
];
const PROXIES = ['nginx', 'haproxy'];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'scangate-certificate-'));
try {
  makeCertificate();
  for (const proxy of PROXIES) {
    console.log(`suites behind ${proxy}:`);
    process.exitCode ||= play(proxy);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeCertificate() {
  const [path, keyPath, bothPath] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-days', '1', '-keyout', keyPath, '-out', path];
  execFileSync('openssl', [...kind, ...subject, ...files], { stdio: ['ignore', 'ignore', 'pipe'] });
  writeFileSync(bothPath, readFileSync(path, 'utf8') + readFileSync(keyPath, 'utf8'));
}

function play(proxy) {
  const env = {
    ...process.env,
    SCANGATE_TEST_UNDER_PATH: proxy,
    SCANGATE_TEST_CERTIFICATE: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'),
  };
  const files = SUITES.map((name) => `test/${name}.test.ts`);
  const { status } = spawnSync(process.execPath, ['scripts/test.mjs', ...files], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  return status ?? 1;
}
