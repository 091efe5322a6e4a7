import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { watchSession } from '../oauth/session-watch.ts';
import type { SessionWatching } from '../oauth/session-watch.ts';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import type { Said } from '../support/scangate.ts';
import { confirm, demoPhone, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

const CALLBACK = 'https://app.example/cb';

let folder: TemporaryFolder;
let redis: Redis;
let warm: Warm;
let here: Gateway;
let there: WarmGateway;
let listener: Server;
let clientsFile: string;
/** The sessions that each client was told of. */
const heard: { readonly clientId: string; readonly sid: unknown }[] = [];

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
  listener = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      const { sid } = decodeJwt(new URLSearchParams(body).get('logout_token') ?? '');
      heard.push({ clientId: (req.url ?? '').slice(1), sid });
      res.end();
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const heardAt = (listener.address() as AddressInfo).port;
  const client = (id: string) => ({
    client_id: id,
    redirect_uris: [CALLBACK],
    scope: 'openid offline_access',
    token_endpoint_auth_method: 'none',
    backchannel_logout_uri: `http://127.0.0.1:${heardAt}/${id}`,
    scangate: { accept: 'never' },
  });
  clientsFile = join(folder.path, 'clients.json');
  writeFileSync(clientsFile, JSON.stringify([client('one'), client('two')]));
  redis = await startRedis();
  const port = await freePort();
  const env = {
    SCANGATE_STORE: redis.url,
    // One address for both, or the one takes no token of the other.
    SCANGATE_PUBLIC_URL: `http://127.0.0.1:${port}`,
    SCANGATE_CLIENTS_FILE: clientsFile,
    SCANGATE_TRUSTED_PROXIES: '127.0.0.1',
  };
  [here, there] = await Promise.all([startGateway({ env, port }), warm.gateway(env)]);
});

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await Promise.all([redis?.stop(), warm.stop()]);
  listener?.close();
  await folder.remove();
});

interface SignedIn {
  readonly ticket: Minted;
  readonly sid: string;
  readonly token: string;
  readonly refreshToken: string | undefined;
  readonly clientId: string;
}

interface Options {
  readonly gateway?: Gateway | WarmGateway;
  readonly address?: string;
}

async function begin(clientId: string, { gateway = here, address = '192.0.2.1' }: Options): Promise<Minted> {
  // Of whom it is not for, the other gateway has the wrong name.
  const headers = gateway === here ? { 'x-forwarded-for': address } : {};
  return await mint(gateway.url, {
    clientId,
    redirectUri: CALLBACK,
    scope: 'openid offline_access',
    headers,
  });
}

async function signIn(clientId: string, name: string, options: Options = {}): Promise<SignedIn> {
  const { gateway = here } = options;
  const ticket = await begin(clientId, options);
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(gateway.url, scanned, name), 200);
  const { result } = expectStatus(await look(ticket), 200);
  const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
  const { sid } = decodeJwt<{ sid: string }>(tokens.id_token ?? '');
  return { ticket, sid, token: tokens.access_token, refreshToken: tokens.refresh_token, clientId };
}

function revoke(...args: string[]): Promise<Said> {
  return warm.scangate(['revoke', ...args, '--json'], { SCANGATE_STORE: redis.url });
}

/** What the record has of revocations themselves, the oldest first. */
async function recorded(store: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const said = await warm.scangate(['audit', '--kind', 'revocation', '--json'], { SCANGATE_STORE: store });
  expect(said).toMatchObject({ status: 0, stderr: '' });
  return said.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

interface Report {
  readonly sessions: number;
  readonly tickets: number;
  readonly failed: number;
}

/** What was named, and the report behind it. */
function linesOf({ status, stdout, stderr }: Said): {
  named: { kind: string; id: string }[];
  report: Report;
} {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  return { named: lines.slice(0, -1) as { kind: string; id: string }[], report: lines.at(-1) as Report };
}

async function isAlive({ token }: SignedIn): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  return (await call(`${there.url}/oauth/userinfo`, { headers })).status === 200;
}

const toldOf = ({ sid }: SignedIn) => heard.filter((one) => one.sid === sid).map(({ clientId }) => clientId);

test('of a user: every page on every node is told, exactly their applications are, and nobody else is signed out', async () => {
  const [one, two, other] = [
    await signIn('one', 'ada'),
    await signIn('two', 'ada', { gateway: there }),
    await signIn('one', 'bob'),
  ];
  const pages: SessionWatching[] = [here, there].flatMap(({ url }) =>
    TRANSPORTS.map((transport) => watchSession(transport, url, one.sid, one.token)),
  );
  await until(() => pages.every(({ notices }) => notices.length > 0), { what: 'pages that watch' });
  const waiting = await begin('one', {});
  expectStatus(await scan(there.url, readScanCode(waiting.notice), 'ada'), 201);
  const watching = TRANSPORTS.map((transport) => watch(transport, waiting));
  await Promise.all(watching.map((page) => page.told('scanned')));

  const dry = linesOf(await revoke('--user', 'demo:ada', '--dry-run'));
  expect(dry.report).toMatchObject({ sessions: 2, tickets: 1, failed: 0, dry_run: true });
  expect(dry.named.map(({ id }) => id).sort()).toEqual([one.sid, two.sid, waiting.ticketId].sort());
  expect(await isAlive(one)).toBe(true);

  const { report } = linesOf(await revoke('--user', 'demo:ada'));
  expect(report).toMatchObject({ sessions: 2, tickets: 1, failed: 0 });
  for (const { notices, ended } of pages) {
    await ended;
    expect(notices.at(-1)).toMatchObject({ status: 'revoked', advice: { final: true } });
  }
  for (const page of watching) expect((await page.final).status).toBe('cancelled');
  expect([await isAlive(one), await isAlive(two), await isAlive(other)]).toEqual([false, false, true]);
  await until(() => toldOf(one).length > 0 && toldOf(two).length > 0, {
    what: 'logout tokens',
    withinMs: 30_000,
  });
  expect([toldOf(one), toldOf(two), toldOf(other)]).toEqual([['one'], ['two'], []]);

  expect(linesOf(await revoke('--user', 'demo:ada')).report).toMatchObject({ sessions: 0, tickets: 0 });
  expect(await isAlive(await signIn('one', 'ada'))).toBe(true);
  const asked = { kind: 'revocation', reason: 'operator', user: 'ada', source: 'demo', issuer: 'demo' };
  const begun = { kind: 'revocation', reason: 'operator_begun', user: 'ada', source: 'demo' };
  expect(await recorded(redis.url)).toMatchObject([
    begun,
    { ...asked, ended: 3, node: expect.any(Number) },
    begun,
    { ...asked, ended: 0 },
  ]);
});

test('of a client, an address and a time; all that is said must hold', async () => {
  const since = new Date(Date.now() - 1000).toISOString();
  const near = await signIn('two', 'cleo', { address: '198.51.100.7' });
  const far = await signIn('two', 'cleo', { address: '203.0.113.7' });
  const other = await signIn('one', 'cleo', { address: '198.51.100.8' });
  const code = await begin('two', { address: '198.51.100.9' });
  const network = ['--address', '198.51.100.0/24'];
  expect(linesOf(await revoke('--client', 'two', ...network, '--before', 'PT1H')).named).toEqual([]);
  const { named } = linesOf(await revoke('--client', 'two', ...network, '--since', 'PT1H'));
  expect(named.map(({ id }) => id).sort()).toEqual([near.sid, code.ticketId].sort());
  expect([await isAlive(near), await isAlive(far), await isAlive(other)]).toEqual([false, true, true]);
  const [entry] = (await recorded(redis.url)).slice(-1);
  expect(entry).toMatchObject({ reason: 'operator', client_id: 'two', address: network[1], ended: 2 });
  expect(Date.parse(String(entry?.['since']))).toBeLessThan(Date.now() - 3_500_000);
  expect([entry?.['before'], entry?.['user']]).toEqual([undefined, undefined]);
  expect(linesOf(await revoke('--ticket', far.ticket.ticketId)).report).toMatchObject({
    sessions: 1,
    tickets: 0,
  });
  expect([await isAlive(far), await isAlive(other)]).toEqual([false, true]);
  expect(linesOf(await revoke('--since', since)).report.sessions).toBeGreaterThan(0);
  expect(await isAlive(other)).toBe(false);
});

test('of a user of whom nothing is alive, page sessions end where their issuer is set, and else it says that they go on', async () => {
  const env = { SCANGATE_STORE: redis.url, SCANGATE_PHONE_WECHAT_WEB_APP_ID: 'wx-site' };
  const unknown = await warm.scangate(['revoke', '--user', 'oidc:erna'], env);
  expect([unknown.status, unknown.stdout]).toEqual([
    1,
    expect.stringContaining('SCANGATE_PHONE_OIDC_ISSUER'),
  ]);
  const found = await warm.scangate(['revoke', '--user', 'wechat:erna', '--json'], env);
  expect(linesOf(found).report).toMatchObject({ sessions: 0, users: 1 });
});

test('what was confirmed and not redeemed opens nothing any more', async () => {
  const ticket = await begin('one', {});
  const scanned = expectStatus(await scan(here.url, readScanCode(ticket.notice), 'dora'), 201);
  expectStatus(await confirm(here.url, scanned, 'dora'), 200);
  const { result } = expectStatus(await look(ticket), 200);
  expect(linesOf(await revoke('--client', 'one')).report).toMatchObject({ tickets: 1 });
  expect((await redeem(there.url, ticket, result?.code ?? '')).body).toMatchObject({
    error: 'invalid_grant',
  });
});

test.each([
  [[], 'say what'],
  [['--user', 'alice'], 'a user is <source>:<subject>'],
  [['--address', 'here'], 'an address is an IP address'],
  [['--since', 'yesterday'], 'since is an instant'],
  [['--client', ''], 'an empty text selects nothing'],
])('a wrong call ends nothing: %j', async (args, why) => {
  const { status, stderr } = await revoke(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
});

test('on a file store the gateway that has the folder does it', async () => {
  const admin = `127.0.0.1:${await freePort()}`;
  const store = `file:${join(folder.path, 'store')}`;
  const gateway = await startGateway({ env: { SCANGATE_STORE: store, SCANGATE_ADMIN_LISTEN: admin } });
  const run = (more: Readonly<Record<string, string>>, ...args: string[]): Promise<Said> =>
    warm.scangate(['revoke', ...args, '--json'], { SCANGATE_STORE: store, ...more });
  try {
    const ticket = await mint(gateway.url, { scope: 'openid' });
    const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
    expectStatus(await confirm(gateway.url, scanned), 200);
    const { result } = expectStatus(await look(ticket), 200);
    const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
    const sessions = async (): Promise<unknown> =>
      (await call(`${gateway.url}/v1/sessions`, { headers: demoPhone('alice') })).body['sessions'];
    const { sid } = decodeJwt<{ sid: string }>(tokens.id_token ?? '');
    const page = watchSession('events', gateway.url, sid, tokens.access_token);
    await until(() => page.notices.length > 0, { what: 'a page that watches' });

    const unreached = await run({ SCANGATE_ADMIN_LISTEN: 'off' }, '--user', 'demo:alice');
    expect([unreached.status, unreached.stderr]).toEqual([
      1,
      expect.stringContaining('SCANGATE_ADMIN_LISTEN'),
    ]);
    const elsewhere = await call(`http://${admin}/v1/revocations`, {
      json: { user: 'demo:alice', store: '/' },
    });
    expect(elsewhere.status).toBe(409);
    const dry = linesOf(await run({ SCANGATE_ADMIN_LISTEN: admin }, '--user', 'demo:alice', '--dry-run'));
    expect(dry.named).toEqual([expect.objectContaining({ kind: 'session', user: 'demo:alice' })]);
    expect(await sessions()).toHaveLength(1);
    const { report } = linesOf(await run({ SCANGATE_ADMIN_LISTEN: admin }, '--user', 'demo:alice'));
    expect(report).toMatchObject({ sessions: 1, failed: 0 });
    await page.ended;
    expect(page.notices.at(-1)).toMatchObject({ status: 'revoked' });
    expect(await sessions()).toEqual([]);
    expect(gateway.output().stdout).toContain(
      '"kind":"revocation","reason":"operator","user":{"source":"demo","issuer":"demo","subject":"alice"},"ended":1',
    );
    const before = '2026-01-02T03:04:05Z';
    linesOf(await run({ SCANGATE_ADMIN_LISTEN: admin }, '--user', 'demo:nobody', '--before', before));
  } finally {
    await gateway.stop();
  }
  expect(linesOf(await run({}, '--user', 'demo:alice')).report).toMatchObject({ sessions: 0 });
  const asked = { kind: 'revocation', reason: 'operator', source: 'demo', node: expect.any(Number) };
  const begun = { ...asked, reason: 'operator_begun' };
  expect(await recorded(store)).toMatchObject([
    { ...begun, user: 'alice' },
    { ...asked, user: 'alice', ended: 1 },
    { ...begun, user: 'nobody' },
    { ...asked, user: 'nobody', before: '2026-01-02T03:04:05.000Z', ended: 0 },
    { ...begun, user: 'alice' },
    { ...asked, user: 'alice', ended: 0 },
  ]);
  const verified = await scangate(['audit', 'verify'], { SCANGATE_STORE: store });
  expect(verified).toMatchObject({ status: 0 });
});
