import { afterEach, expect, test } from '@jest/globals';
import type { ToldSecurityEvent } from '../../src/telemetry/security-reports.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, demoPhone, deny, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned, Tokens } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { EdgeTestOptions, RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
afterEach(() => edge.stop());

async function start(options: EdgeTestOptions = {}): Promise<void> {
  edge = await startEdge({ token: 'own', ...options });
}

/** What a security team was told, oldest first. */
function told(): readonly ToldSecurityEvent[] {
  const lines = edge.lines.map((line) => JSON.parse(line) as { level: string; security?: ToldSecurityEvent });
  return lines.flatMap(({ level, security }) => (level === 'warn' && security ? [security] : []));
}

async function counted(kind: string): Promise<number | undefined> {
  const { values } = await edge.metrics.securityEvents.get();
  return values.find(({ labels }) => labels.kind === kind)?.value;
}

async function scanned(clientId = 'demo', name = 'alice'): Promise<readonly [Minted, Scanned]> {
  const redirectUri = clientId === 'demo' ? `http://localhost:8080/demo/callback` : undefined;
  const ticket = await mint(edge.url, { clientId, redirectUri, scope: 'openid offline_access' });
  return [ticket, expectStatus(await scan(edge.url, readScanCode(ticket.notice), name), 201)];
}

async function confirmed(): Promise<readonly [Minted, string]> {
  const [ticket, phone] = await scanned();
  expectStatus(await confirm(edge.url, phone), 200);
  return [ticket, expectStatus(await look(ticket, edge.url), 200).result?.code ?? ''];
}

const alice = { source: 'demo', issuer: 'demo', subject: 'alice' };
const here = '127.0.0.1';

test('attack: a sign-in that its user reports is told once, with who asked, and nothing that opens anything', async () => {
  await start({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1' } });
  const headers = { 'x-forwarded-for': '203.0.113.66' };
  const ticket = await mint(edge.url, { redirectUri: 'http://localhost:8080/demo/callback', headers });
  const phone = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  for (const report of [true, true]) expectStatus(await deny(edge.url, phone, 'alice', { report }), 200);
  expect(told()).toEqual([
    {
      kind: 'report',
      reason: 'not_mine',
      user: alice,
      client_id: 'demo',
      ticket_id: ticket.ticketId,
      address: '203.0.113.66',
    },
  ]);
  expect(await counted('report')).toBe(1);
  for (const secret of [ticket.secret, phone.handshake, readScanCode(ticket.notice)])
    expect(edge.lines.join('')).not.toContain(secret);
});

test('a sign-in that is denied without a report is nobody’s business', async () => {
  await start();
  const [, phone] = await scanned();
  expectStatus(await deny(edge.url, phone), 200);
  expect(told()).toEqual([]);
});

test('attack: a code that comes twice is told, with the session that it opened', async () => {
  await start();
  const [ticket, code] = await confirmed();
  expectStatus(await redeem(edge.url, ticket, code), 200);
  expectStatus(await redeem(edge.url, ticket, code), 400);
  const about = { user: alice, client_id: 'demo', ticket_id: ticket.ticketId, address: here };
  expect(told()).toEqual([{ kind: 'reuse', reason: 'code', ...about, sid: expect.any(String) }]);
  expect(edge.lines.join('')).not.toContain(code);
});

test('attack: a refresh token that was used before is told, and ends its session', async () => {
  await start();
  const [ticket, code] = await confirmed();
  let tokens: Tokens = expectStatus(await redeem(edge.url, ticket, code), 200);
  const stolen = tokens.refresh_token;
  const refresh = (token: string | undefined) =>
    call<Tokens>(`${edge.url}/oauth/token`, {
      form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token },
    });
  for (let count = 0; count < 2; count += 1) tokens = expectStatus(await refresh(tokens.refresh_token), 200);
  expect(told()).toEqual([]);
  expectStatus(await refresh(stolen), 400);
  const about = { user: alice, client_id: 'demo', ticket_id: ticket.ticketId, address: here };
  expect(told()).toEqual([{ kind: 'reuse', reason: 'refresh_token', ...about, sid: expect.any(String) }]);
  expectStatus(await refresh(tokens.refresh_token), 400);
});

test('attack: numbers that are guessed are told at the last one', async () => {
  const policy = { shows_scanner: true, number_match: true, verified: true, pkce: 'required' } as const;
  await start({ clients: [{ policy }] });
  const [ticket, phone] = await scanned('app');
  const { number: right } = expectStatus(await look(ticket, edge.url), 200);
  const wrong = ['10', '11', '12', '13'].filter((number) => number !== right).slice(0, 3);
  for (const number of wrong) await confirm(edge.url, phone, 'alice', { number });
  const about = { user: alice, client_id: 'app', ticket_id: ticket.ticketId, address: here };
  expect(told()).toEqual([{ kind: 'brute_force', reason: 'number', ...about }]);
});

test('attack: user codes that are guessed are told', async () => {
  await start();
  for (let count = 0; count < 10; count += 1)
    expectStatus(await scan(edge.url, { userCode: 'BBBB-BBBB' }), 404);
  expect(told()).toEqual([]);
  expectStatus(await scan(edge.url, { userCode: 'BBBB-BBBB' }), 429);
  expect(told()).toEqual([{ kind: 'brute_force', reason: 'user_code', user: alice, address: here }]);
});

test('attack: client secrets that are guessed are told, and neither they nor what stands in their place', async () => {
  await start({ clients: [{ client_secret: 'right', token_endpoint_auth_method: 'client_secret_post' }] });
  const attempt = (client_id: string, client_secret?: string) =>
    call(`${edge.url}/oauth/token`, {
      form: { grant_type: 'refresh_token', refresh_token: 'r', client_id, client_secret },
    });
  for (let count = 0; count < 12; count += 1) expectStatus(await attempt('app', `guess-${count}`), 401);
  const failed = { kind: 'client_auth_failed', reason: 'wrong_secret', client_id: 'app', address: here };
  expect(told()).toEqual([
    ...Array.from({ length: 10 }, () => failed),
    { ...failed, kind: 'brute_force', reason: 'client_secret' },
  ]);
  expect(await counted('client_auth_failed')).toBe(12);
  expect(edge.lines.join('')).not.toContain('guess-');
});

test.each([
  ['unknown_client', 'the-secret-itself', 'app'],
  ['wrong_method', 'app', undefined],
] as const)('attack: a client that fails by %s is told', async (reason, client_id, client_secret) => {
  await start({ clients: [{ client_secret: 'right', token_endpoint_auth_method: 'client_secret_post' }] });
  const form = { grant_type: 'refresh_token', refresh_token: 'r', client_id, client_secret };
  expectStatus(await call(`${edge.url}/oauth/token`, { form }), 401);
  const named = reason === 'unknown_client' ? {} : { client_id };
  expect(told()).toEqual([{ kind: 'client_auth_failed', reason, ...named, address: here }]);
  expect(edge.lines.join('')).not.toContain('the-secret-itself');
});

test('attack: who spends a limit is told', async () => {
  await start({ env: { SCANGATE_LIMITS: 'on', SCANGATE_MINTS_PER_MINUTE: '2' } });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1)
    statuses.push((await call(`${edge.url}/v1/tickets`, { json: {} })).status);
  expect(statuses.slice(2)).toEqual([429, 429]);
  const event = { kind: 'shut_out', reason: 'mints', address: here };
  expect(told()).toEqual([event, event]);
});

test('signing out everywhere is told', async () => {
  await start();
  const headers = demoPhone('alice');
  expectStatus(await call(`${edge.url}/v1/sessions`, { method: 'DELETE', headers }), 204);
  expect(told()).toEqual([{ kind: 'revocation', reason: 'everywhere', user: alice, address: here }]);
});
