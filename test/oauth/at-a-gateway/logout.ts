import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, createRemoteJWKSet, decodeJwt, generateKeyPair, jwtVerify } from 'jose';
import { call, expectStatus } from '../../support/call.ts';
import type { Answer } from '../../support/call.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { TemporaryFolder } from '../../support/folder.ts';
import type { WarmGateway } from '../../support/warm.ts';
import { confirm, demoPhone, look, mint, readScanCode, redeem, scan } from '../../support/signin.ts';
import type { Tokens } from '../../support/signin.ts';
import { until } from '../../support/until.ts';
import { warmGateway } from './warm-gateway.ts';

const CALLBACK = 'https://app.example/cb';
const AFTER = 'https://app.example/bye?x=%20';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let gateway: WarmGateway;
let folder: TemporaryFolder;
let listener: Server;
/** What each path of the listener was sent, and what it is to answer: 200 where it is silent. */
const heard: { readonly path: string; readonly token: string }[] = [];
const answers: Record<string, number[]> = {};

beforeAll(async () => {
  folder = await temporaryFolder();
  listener = createServer((req, res) => {
    const path = req.url ?? '';
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      heard.push({ path, token: new URLSearchParams(body).get('logout_token') ?? '' });
      const status = answers[path]?.shift() ?? 200;
      res.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const client = (id: string, more: object = {}) => ({
    client_id: id,
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [AFTER],
    backchannel_logout_uri: `http://127.0.0.1:${port}/${id}`,
    scope: 'openid offline_access',
    ...more,
  });
  const file = join(folder.path, 'clients.json');
  const hasty = client('hasty', { scangate: { access_token_life: 'PT1S' } });
  const es256 = client('two', { id_token_signed_response_alg: 'ES256' });
  const brief = client('brief', { scangate: { session_life: 'PT1S', logout_on_expiry: true } });
  const silent = client('silent', { scangate: { session_life: 'PT1S' } });
  writeFileSync(file, JSON.stringify([client('one'), es256, hasty, brief, silent]));
  gateway = await warmGateway({ SCANGATE_CLIENTS_FILE: file });
});

afterAll(async () => {
  await gateway?.stop();
  listener?.close();
  await folder.remove();
});

interface SignedIn {
  readonly tokens: Tokens;
  readonly idToken: string;
  readonly sid: string;
  readonly clientId: string;
}

async function signIn(clientId: string, name = 'alice'): Promise<SignedIn> {
  const scope = 'openid offline_access';
  const ticket = await mint(gateway.url, { clientId, redirectUri: CALLBACK, scope });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), name), 201);
  expectStatus(await confirm(gateway.url, scanned, name), 200);
  const { result } = expectStatus(await look(ticket), 200);
  const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
  const idToken = tokens.id_token ?? '';
  return { tokens, idToken, sid: decodeJwt<{ sid: string }>(idToken).sid, clientId };
}

/** The same on a page of the gateway's own, whose browser is known again by its cookie. */
async function signInOnPage(
  clientId: string,
  known?: string,
): Promise<SignedIn & { readonly cookie: string }> {
  const scope = 'openid offline_access';
  const headers = known === undefined ? {} : { cookie: known };
  const options = { clientId, redirectUri: CALLBACK, scope, binding: 'cookie', headers } as const;
  const ticket = await mint(gateway.url, options);
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  expectStatus(await confirm(gateway.url, scanned), 200);
  const { result } = expectStatus(await look(ticket), 200);
  const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
  const idToken = tokens.id_token ?? '';
  const { sid } = decodeJwt<{ sid: string }>(idToken);
  return { tokens, idToken, sid, clientId, cookie: ticket.cookies[1] ?? '' };
}

async function isAlive({ tokens }: SignedIn): Promise<boolean> {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  return (await call(`${gateway.url}/oauth/userinfo`, { headers })).status === 200;
}

const logOut = (parameters: Readonly<Record<string, string>>, headers = {}): Promise<Answer> =>
  call(`${gateway.url}/oauth/logout?${new URLSearchParams(parameters).toString()}`, { headers });

const toldOf = ({ sid }: SignedIn) =>
  heard.filter(({ token }) => token !== '' && decodeJwt(token)['sid'] === sid);

/** Waits for the one logout token of a session, and looks whether another comes. */
async function expectTold(session: SignedIn): Promise<string> {
  await until(() => toldOf(session).length > 0, { withinMs: 30_000, what: 'a logout token' });
  await sleep(300);
  const [told, ...more] = toldOf(session);
  expect([told?.path, more]).toEqual([`/${session.clientId}`, []]);
  return told?.token ?? '';
}

describe('a sign-out from the application', () => {
  test('ends the session of its hint alone, and goes back to where the client registered', async () => {
    const [mine, other] = [await signIn('one'), await signIn('one')];
    const answer = await logOut({
      id_token_hint: mine.idToken,
      post_logout_redirect_uri: AFTER,
      state: 'a b',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${AFTER}&state=a+b`);
    expect([await isAlive(mine), await isAlive(other)]).toEqual([false, true]);
    const refresh = { grant_type: 'refresh_token', client_id: 'one' };
    const refreshed = await call(`${gateway.url}/oauth/token`, {
      form: { ...refresh, refresh_token: mine.tokens.refresh_token },
    });
    expect(refreshed.body['error']).toBe('invalid_grant');
    await expectTold(mine);
    expect(toldOf(other)).toEqual([]);
  });

  test('takes an ID token that is outdated, by POST too, and again', async () => {
    const mine = await signIn('hasty');
    await sleep(2100);
    const form = { id_token_hint: mine.idToken, client_id: 'hasty' };
    const answer = await call(`${gateway.url}/oauth/logout`, { form });
    expectStatus(answer, 200);
    expect(answer.text).toContain('You are signed out.');
    await expectTold(mine);
    expectStatus(await logOut(form), 200);
    await sleep(200);
    expect(toldOf(mine)).toHaveLength(1);
  });

  test('goes nowhere that is not registered, and ends the session all the same', async () => {
    const mine = await signIn('one');
    const evil = { id_token_hint: mine.idToken, post_logout_redirect_uri: 'https://evil.example/' };
    const answer = await logOut(evil);
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
    expect(await isAlive(mine)).toBe(false);
  });

  test('without a hint asks about what was opened in this browser, and ends that after a yes', async () => {
    const browser = await signInOnPage('one');
    const [other, later] = [await signIn('one'), await signInOnPage('two', browser.cookie)];
    const asked = await logOut({ post_logout_redirect_uri: AFTER }, { cookie: browser.cookie });
    expect([asked.status, asked.headers.get('location')]).toEqual([200, null]);
    expect(asked.text).toContain('Sign out?');
    const sids = / name="sids" value="([^"]*)"/.exec(asked.text)?.[1] ?? '';
    expect(sids.split(' ').sort()).toEqual([browser.sid, later.sid].sort());
    expect([await isAlive(browser), await isAlive(later)]).toEqual([true, true]);
    const address = `${gateway.url}/oauth/logout/sessions`;
    const form = { sids: `${sids} ${other.sid}` };
    const own = { cookie: browser.cookie, 'sec-fetch-site': 'same-origin', origin: gateway.url };
    const cross = { cookie: browser.cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expectStatus(await call(address, { form, headers: cross }), 400);
    expectStatus(await call(address, { form, headers: { ...own, cookie: 'x=y' } }), 200);
    expect([await isAlive(browser), await isAlive(later)]).toEqual([true, true]);
    expect((await call(address, { form, headers: own })).text).toContain('You are signed out.');
    expect([await isAlive(browser), await isAlive(later), await isAlive(other)]).toEqual([
      false,
      false,
      true,
    ]);
    await expectTold(browser);
    expect((await logOut({}, { cookie: browser.cookie })).text).toContain('Nothing was signed out.');
  });

  test('without a hint ends nothing and goes nowhere', async () => {
    const mine = await signIn('one');
    const answer = await logOut({ client_id: 'one', post_logout_redirect_uri: AFTER });
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
    expect(answer.text).toContain('Nothing was signed out.');
    expect(await isAlive(mine)).toBe(true);
  });

  test('tells of a session whose time ran out where its client asks for that', async () => {
    const [brief, silent] = [await signIn('brief'), await signIn('silent')];
    await sleep(1100);
    expect([await isAlive(brief), await isAlive(silent)]).toEqual([false, false]);
    await expectTold(brief);
    expect(toldOf(silent)).toEqual([]);
  });

  test('attack: a wrong hint signs nobody out', async () => {
    const mine = await signIn('one');
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(decodeJwt(mine.idToken))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .sign(privateKey);
    const unsigned = `${btoa('{"alg":"none","typ":"JWT"}')}.${mine.idToken.split('.')[1]}.`;
    for (const wrong of [
      { id_token_hint: 'nonsense' },
      { id_token_hint: forged },
      { id_token_hint: unsigned },
      { id_token_hint: `${mine.idToken.slice(0, -4)}AAAA` },
      { id_token_hint: mine.tokens.access_token },
      { id_token_hint: mine.idToken, client_id: 'two' },
    ]) {
      const answer = await logOut({ ...wrong, post_logout_redirect_uri: AFTER });
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    }
    expect(await isAlive(mine)).toBe(true);
  });

  test('attack: a picture on a page signs nobody out', async () => {
    const mine = await signIn('one');
    const asked = { id_token_hint: mine.idToken };
    expect((await logOut(asked, { 'sec-fetch-dest': 'image' })).status).toBe(400);
    expect(await isAlive(mine)).toBe(true);
  });
});

describe('a logout token', () => {
  test('is what the standard says, signed as the client registered', async () => {
    const mine = await signIn('two');
    await logOut({ id_token_hint: mine.idToken });
    const token = await expectTold(mine);
    const jwks = createRemoteJWKSet(new URL(`${gateway.url}/oauth/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      issuer: gateway.url,
      audience: 'two',
      typ: 'logout+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['iat', 'exp', 'jti'],
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: 'alice', sid: mine.sid, events: { [EVENT]: {} } });
    expect(payload).not.toHaveProperty('nonce');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
  });

  test.each<[string, (session: SignedIn) => Promise<Answer>]>([
    [
      'from the phone',
      ({ sid }) =>
        call(`${gateway.url}/v1/sessions/${sid}`, { method: 'DELETE', headers: demoPhone('alice') }),
    ],
    [
      'by revocation',
      ({ tokens, clientId }) =>
        call(`${gateway.url}/oauth/revoke`, { form: { token: tokens.access_token, client_id: clientId } }),
    ],
  ])('comes %s, to the client of the ended session alone', async (_how, end) => {
    const [mine, other] = [await signIn('one'), await signIn('two')];
    expectStatus(await end(mine), 200, 204);
    await expectTold(mine);
    expect(toldOf(other)).toEqual([]);
  });

  test('comes when a refresh token is used a second time', async () => {
    const mine = await signIn('one');
    const use = (token: string | undefined) =>
      call<Tokens>(`${gateway.url}/oauth/token`, {
        form: { grant_type: 'refresh_token', client_id: 'one', refresh_token: token },
      });
    const next = expectStatus(await use(mine.tokens.refresh_token), 200);
    expectStatus(await use(next.refresh_token), 200);
    expectStatus(await use(mine.tokens.refresh_token), 400);
    await expectTold(mine);
  });

  test('comes again, another one, until it is acknowledged', async () => {
    const mine = await signIn('one');
    answers['/one'] = [500];
    await logOut({ id_token_hint: mine.idToken });
    await until(() => toldOf(mine).length === 2, { withinMs: 30_000, what: 'a second try' });
    await sleep(500);
    const ids = toldOf(mine).map(({ token }) => decodeJwt(token).jti);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  test('follows no redirect', async () => {
    const mine = await signIn('one');
    answers['/one'] = [302];
    await logOut({ id_token_hint: mine.idToken });
    await until(() => toldOf(mine).length === 2, { withinMs: 30_000, what: 'a second try' });
    expect(toldOf(mine).map(({ path }) => path)).toEqual(['/one', '/one']);
    expect(heard.some(({ path }) => path === '/elsewhere')).toBe(false);
  });
});
