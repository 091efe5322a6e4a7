import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, expectStatus } from '../../support/call.ts';
import type { Answer } from '../../support/call.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { TemporaryFolder } from '../../support/folder.ts';
import type { WarmGateway } from '../../support/warm.ts';
import { confirm, scan } from '../../support/signin.ts';
import { approve, formOf, openPage } from '../sign-in-page.ts';
import { warmGateway } from './warm-gateway.ts';

const CALLBACK = 'https://shop.example:8443/cb';
const LOOPBACKS = ['http://127.0.0.1/cb', 'http://[::1]:8000/cb?x=1'];
const CHALLENGE = 'c'.repeat(43);

let gateway: WarmGateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  const file = join(folder.path, 'clients.json');
  const clients = [
    {
      client_id: 'shop',
      client_name: '<b>Shop</b> & "Co"',
      redirect_uris: [
        CALLBACK,
        'https://shop.example/with?x=1',
        'https://shop.example/odd?next=%2Fa%20b&x=1+2&y',
      ],
    },
    { client_id: 'form', redirect_uris: [CALLBACK], response_types: ['code', 'id_token'] },
    { client_id: 'lax', redirect_uris: [CALLBACK], scangate: { pkce: 'optional' } },
    {
      client_id: 'app',
      redirect_uris: [...LOOPBACKS, 'com.example.app:/cb'],
      scangate: { pkce: 'optional' },
    },
    { client_id: 'server', client_secret: 'a-secret-of-its-own', redirect_uris: LOOPBACKS },
    {
      client_id: 'bare',
      client_secret: 'a-secret-of-its-own',
      redirect_uris: [CALLBACK],
      scangate: { pkce: 'none' },
    },
    {
      client_id: 'device-only',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: [CALLBACK],
    },
  ];
  writeFileSync(file, JSON.stringify(clients));
  gateway = await warmGateway({ SCANGATE_CLIENTS_FILE: file });
});

afterAll(async () => {
  await gateway?.stop();
  await folder.remove();
});

const USUAL = {
  client_id: 'shop',
  redirect_uri: CALLBACK,
  response_type: 'code',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  state: 'st',
  scope: 'openid',
};

function address(parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const all = Object.entries({ ...USUAL, ...parameters });
  const given = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${gateway.url}/oauth/authorize?${new URLSearchParams(given).toString()}`;
}

const ask = (parameters?: Readonly<Record<string, string | undefined>>): Promise<Answer> =>
  call(address(parameters));

function expectErrorPage(answer: Answer): void {
  expect(answer.headers.get('location')).toBeNull();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
  expect(answer.text).not.toContain('data-client-id');
}

describe('attack: a redirect address', () => {
  test.each([
    ['with an extra slash', `${CALLBACK}/`],
    ['in another case', 'https://shop.example:8443/CB'],
    ['with its host in another case', 'https://SHOP.example:8443/cb'],
    ['at another port', 'https://shop.example/cb'],
    ['with a user before the host', 'https://shop.example:8443@evil.example/cb'],
    ['with a user', 'https://evil@shop.example:8443/cb'],
    ['with a fragment', `${CALLBACK}#x`],
    ['with an empty fragment', `${CALLBACK}#`],
    ['with a query', `${CALLBACK}?next=https://evil.example`],
    ['with a path that goes up', 'https://shop.example:8443/x/../cb'],
    ['percent-encoded', 'https://shop.example:8443/%63b'],
    ['with a space behind', `${CALLBACK} `],
    ['with a line feed', `${CALLBACK}\r\nSet-Cookie: a=b`],
    ['with a backslash', 'https:\\\\shop.example:8443\\cb'],
    ['of another scheme', 'http://shop.example:8443/cb'],
    ['that is a script', 'javascript:alert(1)'],
    ['of another client', 'http://localhost:8080/demo/callback'],
    ['nobody registered', 'https://evil.example/'],
    ['that is empty', ''],
    ['that is too long', `${CALLBACK}?${'x'.repeat(3000)}`],
    ['that is missing', undefined],
  ])('%s is an error page, never a redirect', async (_what, redirectUri) => {
    expectErrorPage(await ask({ redirect_uri: redirectUri }));
    expectErrorPage(await ask({ redirect_uri: redirectUri, response_type: 'token' }));
  });

  test('given twice is an error page, whichever comes first', async () => {
    const evil = `redirect_uri=${encodeURIComponent('https://evil.example/')}`;
    expectErrorPage(await call(`${address()}&${evil}`));
    expectErrorPage(await call(address({ redirect_uri: undefined }) + `&${evil}&${evil}`));
    expectErrorPage(await call(address().replace('?', `?${evil}&`)));
  });

  test('of an unknown client, of none, or of one without the code flow is an error page', async () => {
    for (const id of ['nobody', '', undefined, '__proto__', 'device-only'])
      expectErrorPage(await ask({ client_id: id }));
  });
});

describe('an error that the client may hear', () => {
  const cases: [string, Readonly<Record<string, string | undefined>>, string][] = [
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a challenge without its method', { code_challenge_method: undefined }, 'invalid_request'],
    ['plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge of the wrong length', { code_challenge: 'c'.repeat(44) }, 'invalid_request'],
    ['prompt=none', { prompt: 'none' }, 'login_required'],
    ['prompt=none login', { prompt: 'none login' }, 'invalid_request'],
    ['a request object', { request: 'x.y.z' }, 'request_not_supported'],
    ['the address of one', { request_uri: 'https://shop.example:8443/request' }, 'request_uri_not_supported'],
    ['a hint that is no ID token', { id_token_hint: 'a.b.c' }, 'invalid_request'],
    ['a state that is too long', { state: 's'.repeat(4097) }, 'invalid_request'],
    ['a nonce that is too long', { nonce: 'n'.repeat(1025) }, 'invalid_request'],
    ['a scope that is malformed', { scope: 'a"b' }, 'invalid_scope'],
    [
      'a client excused from PKCE, without a nonce',
      {
        client_id: 'lax',
        code_challenge: undefined,
        code_challenge_method: undefined,
      },
      'invalid_request',
    ],
    [
      'a client with `pkce: none`, without a state',
      {
        client_id: 'bare',
        state: '',
        nonce: 'n',
        code_challenge: undefined,
        code_challenge_method: undefined,
      },
      'invalid_request',
    ],
  ];

  test.each(cases)(
    '%s goes to the registered address with state and iss',
    async (_what, parameters, error) => {
      const answer = await ask(parameters);
      expect(answer.status).toBe(303);
      const location = new URL(answer.headers.get('location') ?? '');
      expect(`${location.origin}${location.pathname}`).toBe(CALLBACK);
      expect(location.searchParams.get('error')).toBe(error);
      expect(location.searchParams.get('state')).toBe(parameters['state'] ?? 'st');
      expect(location.searchParams.get('iss')).toBe(gateway.url);
      expect(location.searchParams.has('code')).toBe(false);
    },
  );

  test.each([
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['the hybrid flow', { response_type: 'code id_token' }, 'unsupported_response_type'],
    [
      'an ID token by fragment',
      { client_id: 'form', response_type: 'id_token', nonce: 'n' },
      'invalid_request',
    ],
    ['response_mode=fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ])('%s goes there in the fragment', async (_what, parameters, error) => {
    const { status, headers } = await ask(parameters);
    const location = new URL(headers.get('location') ?? '');
    expect([status, location.href.split('#')[0]]).toEqual([303, CALLBACK]);
    const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    expect(said).toMatchObject({ error, state: 'st', iss: gateway.url });
  });

  test.each([
    ['an ID token that the client is not registered for', { client_id: 'shop' }, 'unauthorized_client'],
    ['an ID token without a nonce', { nonce: undefined }, 'invalid_request'],
    ['prompt=none', { prompt: 'none' }, 'login_required'],
  ])('%s goes there by form, if the answer would', async (_what, parameters, error) => {
    const answer = await ask({
      client_id: 'form',
      response_type: 'id_token',
      response_mode: 'form_post',
      nonce: 'n',
      ...parameters,
    });
    expectStatus(answer, 200);
    const { action, members } = formOf(answer.text);
    expect(action).toBe(CALLBACK);
    expect(members).toMatchObject({ error, state: 'st', iss: gateway.url });
    expect(answer.headers.get('content-security-policy')).not.toContain('form-action');
  });

  test('comes to an address whose query stays as it was registered, byte for byte', async () => {
    const odd = 'https://shop.example/odd?next=%2Fa%20b&x=1+2&y';
    const { headers } = await ask({ redirect_uri: odd, prompt: 'none' });
    expect(headers.get('location')?.startsWith(`${odd}&error=login_required&`)).toBe(true);
    const sent = await approve(gateway.url, await openPage(address({ redirect_uri: odd })));
    expect(sent.href.startsWith(`${odd}&code=`)).toBe(true);
  });

  test('keeps the query that the address has', async () => {
    const answer = await ask({ redirect_uri: 'https://shop.example/with?x=1', prompt: 'none' });
    expect(answer.headers.get('location')).toMatch(
      /^https:\/\/shop\.example\/with\?x=1&error=login_required&/,
    );
  });

  test('without a state has none', async () => {
    const { headers } = await ask({ state: undefined, prompt: 'none' });
    expect(new URL(headers.get('location') ?? '').searchParams.has('state')).toBe(false);
  });
});

describe('an app', () => {
  test.each([
    'http://127.0.0.1:53219/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:1/cb?x=1',
    'http://[::1]/cb?x=1',
    'com.example.app:/cb',
  ])('is answered at %s', async (redirectUri) => {
    const page = await openPage(address({ client_id: 'app', redirect_uri: redirectUri }));
    const sent = (await approve(gateway.url, page)).href;
    expect(sent.startsWith(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}code=`)).toBe(true);
    const { headers } = await ask({ client_id: 'app', redirect_uri: redirectUri, prompt: 'none' });
    expect(headers.get('location')?.startsWith(redirectUri)).toBe(true);
  });

  test.each([
    ['another path', 'http://127.0.0.1:53219/cb2', {}],
    ['another query', 'http://[::1]:1/cb?x=2', {}],
    ['another loopback address', 'http://127.0.0.2:53219/cb', {}],
    ['a name', 'http://localhost:53219/cb', {}],
    ['https', 'https://127.0.0.1:53219/cb', {}],
    ['no port that there is', 'http://127.0.0.1:65536/cb', {}],
    ['an empty port', 'http://127.0.0.1:/cb', {}],
    ['a user', 'http://127.0.0.1:1@evil.example/cb', {}],
    ['a longer host', 'http://127.0.0.1.evil.example/cb', {}],
    [
      'no PKCE',
      'http://127.0.0.1:53219/cb',
      { code_challenge: undefined, code_challenge_method: undefined, nonce: 'n' },
    ],
    ['a secret', 'http://127.0.0.1:53219/cb', { client_id: 'server' }],
  ])('attack: gets no other port with %s', async (_what, redirectUri, more) => {
    expectErrorPage(await ask({ client_id: 'app', redirect_uri: redirectUri, ...more }));
  });

  test('attack: on another port is no origin of a client', async () => {
    const json = {
      client_id: 'app',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      binding: 'bearer',
    };
    const status = async (origin: string): Promise<number> =>
      (await call(`${gateway.url}/v1/tickets`, { json, headers: { origin } })).status;
    expect(await status('http://127.0.0.1')).toBe(201);
    expect(await status('http://127.0.0.1:53219')).toBe(400);
  });
});

test('a deep link of 4,096 characters comes back in the state', async () => {
  const state = `${'s'.repeat(4000)}/?&=+ %${'ä'.repeat(89)}`;
  expect(state.length).toBe(4096);
  const asked = { state, nonce: 'n'.repeat(1024) };
  const page = await openPage(address(asked));
  const sent = await approve(gateway.url, page);
  expect(sent.searchParams.get('state')).toBe(state);
  const pushed = await call<Record<string, string>>(`${gateway.url}/oauth/par`, {
    form: { ...USUAL, ...asked },
  });
  const by = await openPage(address({ request_uri: expectStatus(pushed, 201)['request_uri'] }));
  expect(by['state']).toBe(state);
});

describe('the sign-in page', () => {
  test('is given what the client asked for, and nothing of it as markup', async () => {
    const nasty = `"><script>alert(1)</script>'`;
    const page = await ask({ state: nasty, nonce: nasty, login_hint: nasty, ui_locales: nasty });
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('<script>alert');
    expect(page.text).not.toContain('<b>Shop');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const asked = await openPage(address({ state: nasty, nonce: nasty }));
    expect(asked).toMatchObject({
      client_id: 'shop',
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: nasty,
      nonce: nasty,
      code_challenge: CHALLENGE,
    });
  });

  test('is shown to a request by POST as well', async () => {
    const form = { ...USUAL, state: 'posted' };
    const page = await call(`${gateway.url}/oauth/authorize`, { form });
    expect(page.text).toContain('data-state="posted"');
    expectErrorPage(
      await call(`${gateway.url}/oauth/authorize`, { form: { ...form, redirect_uri: 'https://e.example' } }),
    );
  });

  test('speaks the language that the client wishes for, else the browser’s', async () => {
    const language = async (locales: string | undefined, accepted: string): Promise<string | null> =>
      (
        await call(address({ ui_locales: locales }), { headers: { 'accept-language': accepted } })
      ).headers.get('content-language');
    expect(await language('zh-CN en', 'en')).toBe('zh-CN');
    expect(await language('tlh', 'zh-CN')).toBe('zh-CN');
    expect(await language(undefined, 'zh-CN')).toBe('zh-CN');
    expect(await language('en', 'zh-CN')).toBe('en');
  });

  test('of a client excused from PKCE makes no challenge of its own', async () => {
    const bare = {
      client_id: 'lax',
      nonce: 'n',
      code_challenge: undefined,
      code_challenge_method: undefined,
    };
    const page = await openPage(address(bare));
    expect([page['code_challenge'], page['request'] === '']).toEqual(['', false]);
    const sent = await approve(gateway.url, page);
    expect(sent.searchParams.get('code')).not.toBeNull();
    const { text } = await ask(bare);
    expect(/content="0; url=([^"]*)"/.exec(text)?.[1]).toMatch(/^\/plain\?client_id=lax&/);
    expect(text).not.toContain('code_challenge=');
  });
});

describe('a client with `pkce: none`', () => {
  const bare = { client_id: 'bare', code_challenge: undefined, code_challenge_method: undefined };

  test('gets a code by redirect alone, and tokens for its secret', async () => {
    const path = /content="0; url=([^"]*)"/.exec((await ask(bare)).text)?.[1] ?? '';
    const plain = await call(gateway.url + path.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), {
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect(plain.status).toBe(303);
    const page = gateway.url + plain.headers.get('location');
    const cookie = plain.headers
      .getSetCookie()
      .map((one) => one.split(';', 1)[0])
      .join('; ');
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const code = /\/s\/([A-Za-z0-9._-]+)/.exec((await call(page, { headers })).text)?.[1] ?? '';
    expectStatus(await confirm(gateway.url, expectStatus(await scan(gateway.url, code), 201)), 200);
    const end = /url=([^"]*)"/.exec((await call(page, { headers })).text)?.[1] ?? '';
    const redirect = new URL(end.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    expect([redirect.origin + redirect.pathname, redirect.searchParams.get('state')]).toEqual([
      CALLBACK,
      'st',
    ]);
    const form = {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
    };
    const authorization = `Basic ${btoa('bare:a-secret-of-its-own')}`;
    expectStatus(await call(`${gateway.url}/oauth/token`, { form, headers: { authorization } }), 200);
  });

  test('gets none for a page of its own', async () => {
    const asked = { client_id: 'bare', state: 'st', nonce: 'n', redirect_uri: CALLBACK };
    for (const more of [
      { binding: 'bearer' },
      { redirect_uri: undefined },
      { state: undefined },
      { state: '' },
    ]) {
      const answer = await call(`${gateway.url}/v1/tickets`, {
        json: { ...asked, ...more },
        headers: { 'sec-fetch-site': 'same-origin' },
      });
      expect([answer.status, answer.body['field']]).toEqual([400, 'code_challenge']);
    }
  });
});

describe('a pushed request', () => {
  const push = (
    form: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer<Record<string, string>>> =>
    call(`${gateway.url}/oauth/par`, { form: { ...USUAL, ...form } });

  test('stands alone: what is added beside it does not count', async () => {
    const { body, status } = await push({ state: 'pushed' });
    expect([status, body['expires_in']]).toEqual([201, 90]);
    const uri = body['request_uri'];
    const beside = address({ request_uri: uri, state: 'beside', redirect_uri: 'https://evil.example/' });
    expect(await openPage(beside)).toMatchObject({ state: 'pushed', redirect_uri: CALLBACK });
  });

  test('may come from a page of a client', async () => {
    const headers = { origin: new URL(CALLBACK).origin };
    const answer = await call(`${gateway.url}/oauth/par`, { form: USUAL, headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([201, headers.origin]);
  });

  test('is another client’s to no one, and unknown when made up', async () => {
    const { body } = await push({});
    expectErrorPage(await ask({ client_id: 'lax', request_uri: body['request_uri'] }));
    expectErrorPage(await ask({ request_uri: 'urn:ietf:params:oauth:request_uri:made-up' }));
  });

  test.each([
    [
      'a redirect address that nobody registered',
      { redirect_uri: 'https://evil.example/' },
      'invalid_request',
    ],
    ['no challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a request_uri', { request_uri: 'urn:x' }, 'invalid_request'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
  ])('with %s is refused', async (_what, form, error) => {
    expect((await push(form)).body['error']).toBe(error);
  });

  // In JSON a control character takes six bytes for the three that it took in the form.
  test('attack: control characters make it no larger than the ledger takes', async () => {
    const filled = (length: number): string => '\u0001'.repeat(length);
    const most = await push({
      state: filled(1500),
      nonce: filled(256),
      prompt: filled(128),
      ui_locales: filled(512),
    });
    expect(most.status).toBe(201);
    const large = await push({ state: filled(2000), nonce: filled(1024) });
    expect([large.status, large.body['error']]).toEqual([400, 'invalid_request']);
    const more = await push({ prompt: filled(1900), ui_locales: filled(1900) });
    expect([more.status, more.body['error']]).toEqual([400, 'invalid_request']);
  });
});
