import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { problemPage } from '../../src/http/pages/problem-page.ts';
import type { Pages } from '../../src/http/pages/pages.ts';
import type { ClientRegistry } from '../../src/oauth/clients/client.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  const idToken = ['{}', '{"sub":"alice","name":"Alice <3"}', ''].map((part) =>
    Buffer.from(part).toString('base64url'),
  );
  edge = await startEdge({
    clients: [
      { client_uri: 'https://uri.example/' },
      {
        client_id: 'excused',
        policy: { shows_scanner: true, number_match: false, verified: true, pkce: 'optional' },
      },
    ],
    token: ({ form }) => {
      expect(form).toMatchObject({ client_id: 'demo', redirect_uri: 'http://localhost:8080/demo/callback' });
      return Promise.resolve({
        access_token: 'a',
        token_type: 'Bearer',
        expires_in: 1,
        scope: 'openid',
        id_token: idToken.join('.'),
      });
    },
  });
});
afterAll(() => edge.stop());

const page = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  call(`${edge.url}${path}`, { headers });

test('discovery names the languages that pages come in', async () => {
  const { body } = await call<{ ui_locales_supported: string[] }>(
    `${edge.url}/.well-known/openid-configuration`,
  );
  expect(body.ui_locales_supported.toSorted()).toEqual([
    'de',
    'en',
    'es',
    'fr',
    'ja',
    'ko',
    'zh-CN',
    'zh-TW',
  ]);
  for (const language of body.ui_locales_supported)
    expect((await page('/', { 'accept-language': language })).text).toContain(`<html lang="${language}">`);
});

test('the sign-in page is the demo client’s, in the language of the browser', async () => {
  const english = await page('/', { 'accept-language': 'it, en;q=0.5, zh;q=0.4' });
  expect([english.status, english.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(english.headers.get('content-language')).toBe('en');
  expect(english.text).toContain('<html lang="en">');
  expect(english.text).toContain('data-client-id="demo"');
  expect(english.text).toContain('data-redirect-uri="http://localhost:8080/demo/callback"');
  expect(english.text).not.toMatch(/\{\{/);
  const chinese = await page('/', { 'accept-language': 'zh-HK,zh;q=0.9,en;q=0.8' });
  expect(chinese.text).toContain('<html lang="zh-TW">');
  expect(chinese.headers.get('vary')).toContain('Accept-Language');
});

test('pages carry no script and no style of their own, and name no other host', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  for (const path of [
    '/',
    '/device',
    `/s/${readScanCode(ticket.notice)}`,
    '/demo/callback',
    '/docs',
    '/s/x',
  ]) {
    const { text } = await page(path);
    expect(text).not.toMatch(/<script(?![^>]*\ssrc="\/)[^>]*>/);
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
    expect(text.match(/(?:src|href)="https?:\/\/[^"]*"/g) ?? []).toEqual([]);
  }
});

test('the approval page changes nothing, asks who one is, and remembers', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const path = `/s/${readScanCode(ticket.notice)}`;
  const before = edge.calls();
  const stranger = await page(path);
  expect(edge.calls()).toBe(before);
  expect(stranger.text).toContain(`name="return_to" value="${path}"`);
  expect(stranger.text).not.toContain('data-scan-code');
  const pretended = await call(`${edge.url}/demo/phone`, { form: { name: 'Zoë', return_to: path } });
  expect([pretended.status, pretended.headers.get('location')]).toEqual([303, path]);
  const [cookie = ''] = pretended.headers.getSetCookie();
  expect(cookie).toMatch(/^scangate_phone=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  const session = cookie.split(';')[0]!;
  const known = await page(path, { cookie: session });
  expect(known.text).toContain(`data-scan-code="${path.slice(3)}"`);
  expect(known.text).toContain('Zoë');

  const asPage = (headers: Record<string, string>) =>
    scan(edge.url, path.slice(3), '', { headers: { cookie: session, ...headers } });
  expect((await asPage({})).status).toBe(401);
  expect((await asPage({ origin: 'https://evil.example' })).status).toBe(401);
  expect((await asPage({ origin: 'https://app.example' })).status).toBe(401);
  expect((await asPage({ origin: 'http://localhost:8080', 'sec-fetch-site': 'cross-site' })).status).toBe(
    401,
  );
  expectStatus(await asPage({ 'sec-fetch-site': 'same-origin' }), 201);
});

test.each([
  ['//evil.example', '/device'],
  ['https://evil.example/', '/device'],
  ['/\\evil.example', '/device'],
  ['/\t/evil.example', '/device'],
  ['/..//evil.example', '/evil.example'],
  ['javascript:alert(1)', '/device'],
  ['/device?user_code=A%20B', '/device?user_code=A%20B'],
  [undefined, '/device'],
])('return_to %j goes to %s', async (returnTo, location) => {
  const answer = await call(`${edge.url}/demo/phone`, { form: { name: 'a', return_to: returnTo } });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
});

test.each(['', 'x'.repeat(401)])('one cannot pretend to be %j', async (name) => {
  const answer = await call(`${edge.url}/demo/phone`, { form: { name } });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([400, []]);
  expect(answer.text).toContain('invalid_request: name');
});

test('a code that is none is a page that says so', async () => {
  const answer = await page('/s/none', { 'accept-language': 'zh' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  expect(answer.text).toContain('not_found');
});

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

test.each([
  ['/nowhere', '页面不存在', 'href="/"'],
  ['/v1/nowhere', '页面不存在', 'href="/"'],
  ['/v1/tickets/AAAAAAAAAAAAAAAAAAAAAA', '页面不存在', 'href="/"'],
  ['/oauth/token', '页面不存在', 'href="/"'],
  ['/s/%FF', '网关无法读取请求', 'href="/device"'],
  ['/s/none', '无法识别这个二维码', 'href="/device"'],
  ['/oauth/authorize?client_id=nobody&response_type=code', '没有在此网关注册', 'href="/"'],
  ['/oauth/authorize?client_id=app&redirect_uri=https%3A%2F%2Fe.example', '没有为它注册', 'uri.example'],
  ['/oauth/authorize?client_id=app&client_id=app', '应用请求登录的方式', 'uri.example'],
  ['/plain?client_id=nobody', '没有在此网关注册', 'href="/"'],
])('a person who opens %s reads a page that says %s, with a way back', async (path, sentence, way) => {
  const chinese = { ...BROWSER, 'accept-language': 'zh-CN' };
  const answer = await edge.api.get(path).set(chinese);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.status).toBe((await page(path)).status);
  expect(answer.text).toContain('<html lang="zh-CN">');
  expect(answer.text).toContain(sentence);
  expect(answer.text).toContain(way);
  const forDevelopers = /<details>[^]*<\/details>/;
  expect(answer.text).toMatch(forDevelopers);
  expect(answer.text.replace(forDevelopers, '').replaceAll(/<[^>]*>|Scangate/g, '')).not.toMatch(/[a-z]/i);
});

test('a page of an error leads to no start page where there is none', () => {
  const shows = { texts: () => ({}), show: (_name: string, _from: unknown, values: unknown) => values };
  const nobody = { find: () => undefined } as unknown as ClientRegistry;
  const request = { url: '/', headers: {} } as IncomingMessage;
  const values = problemPage(
    shows as unknown as Pages,
    nobody,
    request,
  )({
    status: 404,
    code: 'not_found',
    detail: '',
  });
  expect(values).toMatchObject({ back_url: undefined });
});

test('an application’s ui_locales come before what the browser accepts, on errors too', async () => {
  for (const path of ['/oauth/authorize?client_id=nobody', '/plain?client_id=nobody']) {
    const answer = await page(`${path}&ui_locales=xx+de-AT+fr`, { 'accept-language': 'ja' });
    expect([path, answer.text]).toEqual([path, expect.stringContaining('<html lang="de">')]);
  }
});

test.each([
  ['/nowhere', {}, 'application/problem+json'],
  ['/nowhere', { accept: '*/*' }, 'application/problem+json'],
  ['/nowhere', { accept: 'text/html;q=0' }, 'application/problem+json'],
  ['/nowhere', { accept: 'text/html;q=0.5, application/json' }, 'application/problem+json'],
  ['/nowhere', { ...BROWSER, 'sec-fetch-mode': 'cors' }, 'application/problem+json'],
  ['/v1/sessions', { ...BROWSER, authorization: 'Bearer x' }, 'application/problem+json'],
  ['/oauth/nowhere', {}, 'application/json'],
  ['/s/none', { accept: 'application/json, text/plain, */*' }, 'application/problem+json'],
  ['/oauth/authorize?client_id=nobody', { accept: 'application/json' }, 'application/json'],
] as const)('a program that asks for %s with %j is refused in %s', async (path, headers, type) => {
  expect((await edge.api.get(path).set(headers)).headers['content-type']).toBe(type);
});

const ADDED = 'nickname=%C4%E3%BA%C3&from=a&from=b&%FF=1&__proto__=x&' + 'x=1&'.repeat(100);

test('what apps add to a link is ignored, and /device/ is /device', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const scanned = `/s/${readScanCode(ticket.notice)}`;
  for (const path of [scanned, '/', '/device', '/device/']) {
    const [plain, added] = [await page(path), await page(`${path}?${ADDED}`)];
    expect([path, added.status]).toEqual([path, plain.status]);
    expect(added.status).toBeLessThan(400);
  }
  const twice = await page(`/device/?user_code=%C4&${ADDED}&user_code=WDJB-MJHT&user_code=BBBB-BBBB`);
  expect(twice.text).toContain('WDJB-MJHT');
  expect(twice.text).not.toContain('BBBB-BBBB');
});

test('what was typed stays text', async () => {
  const { text } = await page(`/device?user_code=${encodeURIComponent('"><script>x')}`);
  expect(text).not.toContain('<script>x');
});

/** What a browser without scripts does: it follows redirects and keeps cookies by their path. */
async function browse(path: string, jar: Map<string, { path: string; pair: string }>, headers = {}) {
  let next = path;
  for (let hop = 0; hop < 5; hop += 1) {
    const cookie = [...jar.values()]
      .filter((one) => next.startsWith(one.path))
      .map(({ pair }) => pair)
      .join('; ');
    const answer = await page(next, { ...headers, ...(cookie === '' ? {} : { cookie }) });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      jar.set(pair.split('=')[0]!, { path: /Path=([^;]+)/.exec(line)?.[1] ?? '/', pair });
    }
    if (answer.status !== 303) return { ...answer, path: next };
    next = answer.headers.get('location') ?? '';
  }
  throw new Error('too many redirects');
}

test('a whole sign-in without JavaScript', async () => {
  const jar = new Map<string, { path: string; pair: string }>();
  const noscript = /<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"/.exec(
    (await page('/')).text,
  );
  const start = (noscript?.[1] ?? '').replaceAll('&amp;', '&');
  expect(start).toMatch(/^\/plain\?client_id=demo/);
  const pending = await browse(start, jar);
  expect(pending.path).toMatch(/^\/v1\/tickets\/[\w-]{22}\/page$/);
  expect(pending.text).toContain('<meta http-equiv="refresh" content="3"');
  expect(pending.text).toContain('src="data:image/svg+xml;base64,');
  const code = /href="[^"]*\/s\/([^"]+)"/.exec(pending.text)?.[1] ?? '';
  const scanned = expectStatus(await scan(edge.url, code), 201);
  expect((await browse(pending.path, jar)).text).toContain('Look at your phone');
  expectStatus(await confirm(edge.url, scanned), 200);
  const confirmed = await browse(pending.path, jar);
  const onward = /content="1; url=([^"]+)"/.exec(confirmed.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(new URL(onward).pathname).toBe('/demo/callback');
  const done = await browse(new URL(onward).pathname + new URL(onward).search, jar);
  expect(done.text).toContain('Alice &lt;3');
  expect((await page(pending.path)).status).toBe(404);
});

test('the languages that an application wished for go along without JavaScript', async () => {
  const jar = new Map<string, { path: string; pair: string }>();
  const redirect = encodeURIComponent('https://app.example/back?keep=1');
  const challenge = `code_challenge=${'a'.repeat(43)}&code_challenge_method=S256`;
  const query = `response_type=code&client_id=app&redirect_uri=${redirect}&${challenge}&ui_locales=de`;
  const { text } = await page(`/oauth/authorize?${query}`);
  const start = /content="0; url=(\/plain[^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const pending = await browse(start, jar);
  expect(pending.text).toContain('<html lang="de">');
  const [again = ''] = /\/plain\?[^"]+/.exec(pending.text) ?? [];
  expect((await browse(again.replaceAll('&amp;', '&'), jar)).text).toContain('<html lang="de">');
  const crossed = await page(start, { 'sec-fetch-site': 'cross-site' });
  expect(crossed.text).toMatch(/<html lang="de">[^]*url=\/v1\/tickets\/[\w-]{22}\/page\?ui_locales=de"/);
});

test.each([
  ['an address to go to', '&redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fkeep%3D1'],
  ['none', ''],
])('another code can be had without JavaScript where a request is carried, with %s', async (_what, where) => {
  const jar = new Map<string, { path: string; pair: string }>();
  const pending = await browse(`/plain?client_id=excused&nonce=n${where}`, jar);
  const [again = ''] = /\/plain\?[^"]+/.exec(pending.text) ?? [];
  expect(again).toContain('request=');
  const next = await browse(again.replaceAll('&amp;', '&'), jar);
  expect(next.path).toMatch(/^\/v1\/tickets\/[\w-]{22}\/page$/);
  expect(next.path).not.toBe(pending.path);
});

test('arriving from another site, the way without JavaScript goes over a page of ours', async () => {
  const answer = await page('/plain?client_id=demo', { 'sec-fetch-site': 'cross-site' });
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(/content="1; url=\/v1\/tickets\/[\w-]{22}\/page"/);
});

test('a wrong redirect address is a page, and no redirect', async () => {
  const answer = await page('/plain?client_id=app&redirect_uri=https%3A%2F%2Fevil.example');
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  expect(answer.text).toContain('invalid_redirect_uri');
});

test('the documentation needs nothing from elsewhere', async () => {
  const docs = await page('/docs');
  const needed = [...docs.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path!);
  expect(needed).toEqual(expect.arrayContaining(['/docs/style.css', '/assets/icon.svg', '/openapi.yaml']));
  for (const path of needed.filter((path) => path.startsWith('/docs/'))) {
    const file = await page(path);
    expect(file.status).toBe(200);
    const again = await page(path, { 'if-none-match': file.headers.get('etag')! });
    expect(again.status).toBe(304);
  }
  const document = await page('/openapi.yaml');
  expect(document.text).toMatch(/^# Made by `npm run openapi`[^\n]*\nopenapi: 3\.1\.1\n/);
});

test('assets are those of the pages, for other sites the client alone', async () => {
  expect((await page('/assets/pages/page.css')).status).toBe(404);
  const css = await page('/assets/client/scan-login.css');
  expect([css.status, css.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  expect(css.headers.get('cache-control')).toContain('max-age');
  expect((await page('/assets/client/client.ts')).status).toBe(404);
  expect((await page('/assets/')).status).toBe(404);
});
