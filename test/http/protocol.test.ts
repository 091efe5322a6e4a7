import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { securityHeaders } from '../../src/http/answer/security-headers.ts';
import { mint } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';
import { rawRequest } from './raw-request.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

const raw = (head: string, body: string | Buffer = ''): Promise<string> =>
  rawRequest(edge.url, Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)]));
const statusOf = (answer: string): number => Number(answer.slice(9, 12));

test('an unknown path is a 404 problem, under /oauth an OAuth error', async () => {
  const problem = await edge.api.get('/nothing/here?x=1').expect(404);
  expect(problem.type).toBe('application/problem+json');
  expect(problem.body).toMatchObject({ code: 'not_found' });
  const oauth = await edge.api.get('/oauth/nothing').expect(404);
  expect(oauth.type).toBe('application/json');
  expect(oauth.body).toHaveProperty('error');
});

test.each([
  ['put', '/v1/tickets', 'POST, OPTIONS'],
  ['get', '/v1/tickets', 'POST, OPTIONS'],
  ['delete', '/v1/scans', 'POST, OPTIONS'],
  ['post', '/livez', 'GET, HEAD, OPTIONS'],
  ['post', '/v1/tickets/x', 'GET, DELETE, HEAD, OPTIONS'],
] as const)('%s %s is a 405 that says what is allowed', async (method, path, allow) => {
  const answer = await edge.api[method](path).expect(405).expect('Allow', allow);
  expect(answer.body).toMatchObject({ status: 405, code: 'invalid_request', field: 'method' });
});

test('OPTIONS says what is allowed, HEAD what GET would', async () => {
  await edge.api.options('/livez').expect(204).expect('Allow', 'GET, HEAD, OPTIONS');
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  for (const path of ['/livez', '/docs', `/v1/tickets/${ticket.ticketId}`, '/nothing']) {
    const get = await edge.api.get(path).set(ticket.secretHeaders);
    const head = await edge.api.head(path).set(ticket.secretHeaders).expect(get.status);
    expect(head.text ?? '').toBe('');
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
  }
});

test('a parameter given twice is a 400 that names it, on every address but those of links', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const paths = ['/livez', `/v1/tickets/${ticket.ticketId}`, `/v1/tickets/${ticket.ticketId}/poll`];
  for (const path of paths) {
    const twice = edge.api.get(`${path}?after=1-1&after=1-1`).set(ticket.secretHeaders);
    expect((await twice.expect(400)).text).toContain('after');
  }
  await edge.api.post('/demo/phone').type('form').expect(400);
});

test.each([
  ['/%', 404],
  ['/v1/tickets/%E0%A4%A', 400],
  ['/v1/tickets/%00', 404],
  ['/livez?%=1', 400],
  ['/livez?a=%FF', 400],
  ['/livez?__proto__=1&constructor=2', 200],
  [`/livez?${'a&'.repeat(70)}`, 400],
  [`/${'a'.repeat(9000)}`, 404],
  ['//evil.example/..%2f', 404],
  ['/s/../../etc/passwd', 404],
  ['/assets/..%2f..%2fpackage.json', 404],
  ['/docs/..%2fpackage.json', 404],
])('GET %s is a %d', async (path, status) => {
  const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close`);
  expect(statusOf(answer)).toBe(status);
});

test.each([
  ['a b', 400],
  ['user:pw@h', 400],
  ['x:99999x', 400],
  ['<script>', 400],
  ['[::1', 400],
  ['[::1]:80', 200],
  ['', 200],
])('a Host of %j is a %d', async (host, status) => {
  const answer = await raw(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close`);
  expect(statusOf(answer)).toBe(status);
  if (status === 400) expect(answer).toContain('application/problem+json');
});

test('without a Host, with a head too large, and with no HTTP at all: problems too', async () => {
  expect(await raw('GET /livez HTTP/1.1\r\nConnection: close')).toMatch(/^HTTP\/1\.1 400 [^]*"field":"Host"/);
  const large = await raw(`GET /livez HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}`);
  expect(large).toMatch(/^HTTP\/1\.1 431 [^]*application\/problem\+json/);
  expect(await raw(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: h`)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await raw('nonsense')).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json/);
  expect(statusOf(await raw('BREW /livez HTTP/1.1\r\nHost: h'))).toBe(400);
});

test('old health checks and proxies are understood', async () => {
  expect(statusOf(await raw('GET /livez HTTP/1.0'))).toBe(200);
  expect(
    statusOf(await raw('GET http://gateway.example/livez?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close')),
  ).toBe(200);
  expect(statusOf(await raw('OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close'))).toBe(404);
});

test('a body too large is a 413, told in its head or not, and the answer arrives', async () => {
  const big = 'x'.repeat(300_000);
  for (const body of [JSON.stringify({ client_id: big }), big]) {
    const answer = await edge.api.post('/v1/tickets').type('json').send(body).expect(413);
    expect(answer.body).toMatchObject({ code: 'too_large' });
  }
  const chunked = await raw(
    'POST /v1/tickets HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked',
    `7530\r\n${'x'.repeat(30_000)}\r\n0\r\n\r\n`,
  );
  expect(statusOf(chunked)).toBe(413);
  const announced = await raw(
    'POST /v1/tickets HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99999999',
  );
  expect(announced).toMatch(/^HTTP\/1\.1 413 [^]*Connection: close/);
});

test.each([
  ['text/plain', {}],
  ['application/json; charset=latin1', {}],
  ['application/x-www-form-urlencoded', {}],
  ['', {}],
  ['application/json', { 'content-encoding': 'gzip' }],
])('a body of %j is a 415', async (type, more) => {
  const post = edge.api.post('/v1/tickets').set({ 'content-type': type, ...more });
  const answer = await post.send('{"client_id":"app"}').expect(415);
  expect(answer.body).toMatchObject({ code: 'unsupported_media_type' });
});

test.each([
  ['not JSON', '{"client_id":'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
  ['a lone surrogate in bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['deep', '['.repeat(5000) + ']'.repeat(5000)],
  ['right, but deep', `{"client_id":"app","more":${'['.repeat(16)}"[{"${']'.repeat(16)}}`],
  ['deep and open', '{"a":'.repeat(2000)],
])('a body that is %s is a 400 that names the body', async (_name, body) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${edge.url}/v1/tickets`, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'invalid_request', field: 'body' });
});

test('brackets in texts nest nothing, and a little depth is fine', async () => {
  for (const more of ['[[[[[[[[[[[[[[[[[[[[[[', '\\"[[[[[[[[[[[[[[[[[[[[[[[', [[[[[[[[[[[[1]]]]]]]]]]]]]) {
    const answer = await edge.api.post('/v1/tickets').send({ client_id: 'app', more });
    expect(answer.body).toMatchObject({ field: 'code_challenge' });
  }
});

test('__proto__ in a body is a member like any other, and changes nothing', async () => {
  const json =
    '{"client_id":"app","__proto__":{"code_challenge":"x","binding":"bearer"},"constructor":{"prototype":{}}}';
  const answer = await edge.api.post('/v1/tickets').type('json').send(json);
  expect(answer.body).toMatchObject({ status: 400, field: 'code_challenge' });
  expect(({} as { binding?: string }).binding).toBeUndefined();
});

test('security headers stand on every answer', async () => {
  for (const path of ['/livez', '/nothing', '/docs', '/device', '/v1/tickets/x']) {
    const { headers } = await edge.api.get(path);
    const policy = headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': path === '/device' ? 'same-origin' : 'no-referrer',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('strict-transport-security');
  }
});

test.each([
  ['no HTTP', 'nonsense', 400],
  ['a head too large', `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}`, 431],
])('security headers stand on the answer to %s, too', async (_what, head, status) => {
  const answer = await raw(head);
  expect(statusOf(answer)).toBe(status);
  for (const [name, value] of securityHeaders(new URL('http://localhost:8080')))
    expect(answer).toContain(`\r\n${name}: ${value}\r\n`);
});

test.each([
  ['https://gateway.example', 'max-age=31536000'],
  ['http://gateway.example', undefined],
  ['https://localhost:8443', undefined],
  ['https://127.0.0.1:8443', undefined],
])('%s asks for https of its own host alone, and never of loopback: %s', (address, expected) => {
  const found = securityHeaders(new URL(address)).find(([name]) => name === 'Strict-Transport-Security');
  expect(found?.[1]).toBe(expected);
});

test('behind an https address they ask for https, and so do cookies', async () => {
  const secure = await startEdge({ env: { SCANGATE_PUBLIC_URL: 'https://localhost:8443' } });
  const { headers } = await secure.api.get('/livez');
  expect(headers['content-security-policy']).toContain('upgrade-insecure-requests');
  expect(headers['content-security-policy']).toContain('wss://localhost:8443');
  const asked = {
    client_id: 'app',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  await secure.api
    .post('/v1/tickets')
    .send(asked)
    .expect('Set-Cookie', /; Secure$/);
  await secure.stop();
});

test('readiness and liveness, which tell no inside', async () => {
  await edge.api.get('/readyz').expect(200, { status: 'ready' });
  for (const [state, code] of [
    ['draining', 'draining'],
    ['away', 'store_unavailable'],
  ] as const) {
    edge.setState(state);
    const answer = await edge.api.get('/readyz').expect(503).expect('Retry-After', /^\d+$/);
    expect(answer.body).toMatchObject({ code });
    await edge.api.get('/livez').expect(200);
  }
  edge.setState('ready');
  await edge.api.get('/metrics').expect(404);
});

test('a node that goes keeps no connection', async () => {
  edge.setState('draining');
  const answer = await raw('GET /livez HTTP/1.1\r\nHost: h');
  edge.setState('ready');
  expect(answer).toMatch(/\r\nConnection: close\r\n/i);
});

test('what is no HTTP behind a request is not answered in its place', async () => {
  const request = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';
  for (const count of [1, 2]) {
    const answer = await rawRequest(edge.url, `${request.repeat(count)}nonsense\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: count }, () => 'HTTP/1.1 200'));
  }
  const head = 'POST /v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json';
  expect(statusOf(await raw(`${head}\r\nTransfer-Encoding: chunked`, 'no chunk\r\n'))).toBe(400);
});
