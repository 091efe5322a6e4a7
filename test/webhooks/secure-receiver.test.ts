import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../delivery/front.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { until } from '../support/until.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw';
/** Longer than a connection is kept that nobody uses. */
const SLOW_MS = 3500;

let folder: TemporaryFolder;
let gateway: Gateway | undefined;
let server: Server | undefined;
let handshakes = 0;
/** What came, as `path type`. */
const came: string[] = [];
let isSlow = false;

beforeAll(async () => {
  folder = await temporaryFolder();
  const { path, keyPath, pem } = await makeCertificate(folder.path);
  server = createServer({ cert: pem, key: await readFile(keyPath) }, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      came.push(`${request.url} ${(JSON.parse(text) as { type: string }).type}`);
      setTimeout(() => response.writeHead(204).end(), isSlow ? SLOW_MS : 0).unref();
    });
  });
  server.on('secureConnection', () => (handshakes += 1));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const file = join(folder.path, 'webhooks.json');
  const webhooks = [
    {
      url: `https://localhost:${port}/named`,
      secret: SECRET,
      private: true,
      kinds: ['minted', 'scanned', 'confirmed', 'redeemed', 'opened'],
    },
    // The certificate is for another.
    { url: `https://127.0.0.2:${port}/unnamed`, secret: SECRET, private: true },
  ];
  await writeFile(file, JSON.stringify(webhooks), { mode: 0o600 });
  gateway = await startGateway({ env: { SCANGATE_WEBHOOKS_FILE: file, NODE_EXTRA_CA_CERTS: path } });
});

afterAll(async () => {
  await gateway?.stop();
  server?.closeAllConnections();
  server?.close();
  await folder?.remove();
});

test('messages of a sign-in share a connection, and nothing is told where a certificate is not for the name', async () => {
  await signIn(gateway!.url);
  await until(() => came.length >= 5);
  expect(handshakes).toBeLessThan(5);
  expect(came.filter((one) => !one.startsWith('/named '))).toEqual([]);
  await until(() => gateway!.output().stdout.includes('ERR_TLS_CERT_ALTNAME_INVALID'));
});

test('an answer over a kept connection may take longer than one is kept that nobody uses', async () => {
  isSlow = true;
  came.length = 0;
  await signIn(gateway!.url);
  await until(() => came.length >= 2);
  expect(came.slice(0, 2)).toEqual(['/named minted', '/named scanned']);
});
