import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { PROBLEMS } from '../../src/http/answer/problem.ts';
import { startEdge } from './fixture.ts';
import { checkResponse, documented } from './openapi-check.ts';

const run = promisify(execFile);
const cwd = resolve(import.meta.dirname, '../..');

test('openapi.yaml is what the route table says', async () => {
  await run(process.execPath, ['scripts/openapi.mjs', '--check'], { cwd });
});

test('openapi.yaml is valid, and redocly finds nothing', async () => {
  const args = ['node_modules/@redocly/cli/bin/cli.js', 'lint', '--format=json', 'openapi.yaml'];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { stdout } = await run(process.execPath, args, { cwd, env });
  const found = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { totals: Record<string, number> };
  expect(found.totals).toMatchObject({ errors: 0, warnings: 0 });
});

test('it names the addresses of the interface', () => {
  const paths = documented().map((entry) => entry.split(' ').slice(0, 2).join(' '));
  expect(paths).toEqual(
    expect.arrayContaining([
      'post /v1/tickets',
      'get /v1/tickets/{id}',
      'delete /v1/tickets/{id}',
      'get /v1/tickets/{id}/events',
      'get /v1/tickets/{id}/poll',
      'get /v1/tickets/{id}/socket',
      'get /v1/tickets/{id}/qr.svg',
      'get /v1/tickets/{id}/qr.png',
      'post /v1/scans',
      'post /v1/tickets/{id}/confirm',
      'post /v1/tickets/{id}/deny',
      'get /s/{scanCode}',
      'get /device',
      'post /oauth/token',
      'get /oauth/jwks',
      'get /livez',
      'get /readyz',
      'get /docs',
      'get /openapi.yaml',
      'get /',
    ]),
  );
});

test('each name of a security scheme may stand in a header, as generated clients put it there', () => {
  const file = readFileSync(resolve(cwd, 'openapi.yaml'), 'utf8');
  const { components } = parse(file) as {
    readonly components: { readonly securitySchemes: Readonly<Record<string, { readonly name?: string }>> };
  };
  const names = Object.values(components.securitySchemes).flatMap(({ name }) => name ?? []);
  expect(names).toContain('scangate_phone');
  for (const name of names) expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
});

test('a gateway serves it with its own address as the server, path and all', async () => {
  const issuer = 'http://localhost:8080/login/scan';
  const edge = await startEdge({ env: { SCANGATE_PUBLIC_URL: `${issuer}/` } });
  const known = await fetch(`${edge.url}/openapi.yaml`, { headers: { 'if-none-match': '*' } });
  expect(known.status).toBe(304);
  const served = parse(await (await fetch(`${edge.url}/openapi.yaml`)).text()) as object;
  await edge.stop();
  const committed = parse(readFileSync(resolve(cwd, 'openapi.yaml'), 'utf8')) as object;
  expect(served).toEqual({ ...committed, servers: [{ url: issuer, description: 'This gateway.' }] });
});

test('the check that all other tests lean on can fail', () => {
  const seen = { method: 'GET', path: '/livez', status: 200, type: 'application/json', headers: {} };
  expect(checkResponse({ ...seen, body: '{"status":"live"}' }).violation).toBeUndefined();
  expect(checkResponse({ ...seen, body: '{"status":"dead"}' }).violation).toContain('status');
  expect(checkResponse({ ...seen, status: 418, body: '{}' }).violation).toContain('not documented');
  expect(checkResponse({ ...seen, type: 'text/plain', body: 'live' }).violation).toContain('text/plain');
  expect(checkResponse({ ...seen, path: '/nothing', status: 500, body: '{}' }).violation).toContain('500');
});

test('every refusal of the interface has its status', () => {
  const statuses = Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
  expect(statuses).toEqual({
    invalid_request: 400,
    invalid_client: 400,
    invalid_redirect_uri: 400,
    phone_unknown: 401,
    use_dpop_nonce: 401,
    insufficient_user_authentication: 401,
    not_found: 404,
    already_scanned: 409,
    already_confirmed: 409,
    already_denied: 409,
    already_cancelled: 409,
    already_redeemed: 409,
    expired: 410,
    too_large: 413,
    unsupported_media_type: 415,
    idempotency_mismatch: 422,
    too_many_requests: 429,
    store_unavailable: 503,
    not_replicated: 503,
    newer_schema: 503,
    draining: 503,
  });
});
