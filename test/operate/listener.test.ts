import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

const TOKEN = 'operators-token-of-a-test';
let folder: TemporaryFolder;
let warm: Warm;
/** With all as it is by default. */
let usual: WarmGateway;
let port: number;
/** Without demo. */
let plain: WarmGateway;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
  const keys = join(folder.path, 'jwks.json');
  await writeFile(keys, '{"keys":[]}');
  port = await freePort();
  [usual, plain] = await Promise.all([
    // A log that says nothing would be one weak setting more.
    warm.gateway({ SCANGATE_ADMIN_LISTEN: undefined, SCANGATE_LOG_LEVEL: 'error' }, { port }),
    warm.gateway(jwt()),
  ]);
});

afterAll(async () => {
  await Promise.all([usual?.stop(), plain?.stop()]);
  await warm.stop();
  await folder?.remove();
});

function jwt(): Record<string, string> {
  return {
    SCANGATE_PHONE_IDENTITY: 'jwt',
    SCANGATE_PHONE_JWT_ISSUER: 'https://app.example',
    SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
    SCANGATE_PHONE_JWT_JWKS: join(folder.path, 'jwks.json'),
  };
}

/** A start of which nobody asks anything. */
function started(env: Readonly<Record<string, string>>): ReturnType<Warm['start']> {
  const store = `file:${join(folder.path, 'store')}`;
  return warm.start({ PORT: '0', SCANGATE_STORE: store, SCANGATE_LIMITS: 'off', ...env }, folder.path);
}

/** Asks under another name, as `fetch` does not. */
async function statusAs(host: string, url: string): Promise<number | undefined> {
  const asked = request(url, { headers: { host } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test('by default on this machine, a thousand ports further: figures and readiness, which the public port does not tell', async () => {
  const admin = `http://127.0.0.1:${port + 1000}`;
  await call(`${usual.url}/nothing`);
  const metrics = await call(`${admin}/metrics`);
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(metrics.text).toMatch(/^scangate_problems_total\{code="not_found"\} 1$/m);
  expect(metrics.text).toMatch(/^scangate_security_events_total\{kind="report"\} 0$/m);
  expect(metrics.text).toMatch(/^scangate_security_events_total\{kind="weak_setting"\} 1$/m);
  expect(metrics.text).toMatch(
    /^scangate_build_info\{version="\d+\.\d+\.\d+[^"]*",node="\d+\.\d+\.\d+"\} 1$/m,
  );
  expect(metrics.text).toMatch(/^scangate_canary_age_seconds \d/m);
  expect(metrics.text).toMatch(/^scangate_tcp_connections\{state="\w+"\} \d+$/m);
  expect((await call(`${admin}/readyz`)).body).toEqual({
    status: 'ready',
    canary_age_ms: expect.any(Number),
  });
  expect((await call(`${admin}/livez`)).status).toBe(200);
  expect((await call(`${admin}/v1/tickets`)).status).toBe(404);
  expect((await call(`${admin}/metrics`, { method: 'DELETE' })).status).toBe(405);
  expect((await call(`${usual.url}/metrics`)).status).toBe(404);
  expect((await call(`${usual.url}/readyz`)).body).toEqual({ status: 'ready' });
});

test('attack: a page whose name its owner lets lead here reads nothing', async () => {
  const admin = `127.0.0.1:${port + 1000}`;
  expect(await statusAs('rebound.example', `http://${admin}/metrics`)).toBe(400);
  expect(await statusAs('localhost:9080', `http://${admin}/metrics`)).toBe(200);
});

test('off loopback it takes a token, and nothing else is answered; and a gateway without demo has no page of its API, unless it was asked for', async () => {
  const listens = await freePort();
  const open = { SCANGATE_ADMIN_LISTEN: `0.0.0.0:${listens}` };
  const { status, stderr } = await started(open);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^scangate: SCANGATE_ADMIN_LISTEN: [^\n]*SCANGATE_ADMIN_TOKEN\n$/),
  });
  const token = { ...open, SCANGATE_ADMIN_TOKEN: TOKEN, SCANGATE_LOG_LEVEL: 'debug' };
  const asked = await startGateway({ env: { ...jwt(), ...token, SCANGATE_DOCS: 'on' } });
  try {
    const at = `http://127.0.0.1:${listens}/metrics`;
    const without = await call(at);
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect((await call(at, { headers: { authorization: `Bearer ${TOKEN}x` } })).status).toBe(401);
    expect((await call(at, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    expect(asked.output().stdout + asked.output().stderr).not.toContain(TOKEN);

    const statuses = async ({ url }: Pick<Gateway, 'url'>): Promise<readonly number[]> =>
      Promise.all(['/', '/docs', '/openapi.yaml'].map(async (path) => (await call(url + path)).status));
    expect(await statuses(plain)).toEqual([404, 404, 404]);
    expect(await statuses(asked)).toEqual([302, 200, 200]);
    const documentation = async ({ url }: Pick<Gateway, 'url'>): Promise<unknown> =>
      (await call(`${url}/.well-known/openid-configuration`)).body['service_documentation'];
    expect(await documentation(plain)).toBeUndefined();
    expect(await documentation(asked)).toBe(`${asked.url}/docs`);
  } finally {
    await asked.stop();
  }
});

test('a default address that is taken is warned of and off, one that was set is refused', async () => {
  const free = await freePort();
  const other = createServer((_, res) => res.end('another')).listen(free + 1000, '127.0.0.1');
  await once(other, 'listening');
  try {
    const warned = await started({ PORT: String(free) });
    expect(warned.status).toBe(0);
    const weak = '{"kind":"weak_setting","reason":"SCANGATE_LIMITS: nothing is limited"}';
    expect(warned.stdout).toContain(`"security":${weak}`);
    expect(warned.stdout).toMatch(/"cause":"EADDRINUSE".*nothing listens for operators/);
    const { status, stderr } = await started({ SCANGATE_ADMIN_LISTEN: `127.0.0.1:${free + 1000}` });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^scangate: SCANGATE_ADMIN_LISTEN: [^\n]*EADDRINUSE[^\n]*\n$/),
    });
  } finally {
    other.close();
  }
});

test.each(['9080', 'somewhere', '127.0.0.1:99999', 'off,on'])('%s is refused', async (text) => {
  const { status, stderr } = await started({ SCANGATE_ADMIN_LISTEN: text });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^scangate: SCANGATE_ADMIN_LISTEN: [^\n]+\n$/);
});
