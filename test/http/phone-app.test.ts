import { afterEach, expect, test } from '@jest/globals';
import { BadSetting } from '../../src/config/bad-setting.ts';
import { readConfig } from '../../src/config/config.ts';
import { readPages } from '../../src/http/pages/pages.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import type { PhoneIdentity } from '../../src/phone/phone-identity.ts';
import { call } from '../support/call.ts';
import { mint, readScanCode } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const PRINT = Array.from({ length: 32 }, () => 'aB').join(':');
const APP = {
  SCANGATE_APP_NAME: 'Bank <b>',
  SCANGATE_APP_IOS_IDS: 'ABCDE12345.com.example.bank, ABCDE12345.com.example.beta',
  SCANGATE_APP_IOS_LINK: 'examplebank://scan?url={url}',
  SCANGATE_APP_IOS_STORE: 'https://apps.apple.com/app/id1',
  SCANGATE_APP_ANDROID_CERTIFICATES: `com.example.bank=${PRINT},com.example.bank=${PRINT.replace('aB', '00')}`,
  SCANGATE_APP_ANDROID_STORE: 'https://play.google.com/store/apps/details?id=com.example.bank',
};
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)';
const ANDROID = 'Mozilla/5.0 (Linux; Android 15)';

/** A native app's own credential alone: nobody can sign in on a page. */
const jwtAlone: PhoneIdentity = {
  source: 'jwt',
  knowsAuthTime: true,
  identify: () => Promise.resolve(undefined),
};

let edge: RunningEdge | undefined;
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
});

async function start(env: Readonly<Record<string, string>>, isJwtAlone = false): Promise<RunningEdge> {
  const pages = readPages(new URL('../../src/web/pages', import.meta.url).pathname, false);
  const over = isJwtAlone ? { phones: phoneIdentities([jwtAlone]), pages } : {};
  edge = await startEdge({ env, over });
  return edge;
}

async function pageFor(agent: string, path?: string, lang = 'en'): Promise<string> {
  const { notice } = await mint(edge!.url, { clientId: 'app', redirectUri: undefined });
  const headers = { 'user-agent': agent, 'accept-language': lang };
  return (await call(edge!.url + (path ?? `/s/${readScanCode(notice)}`), { headers })).text;
}

const href = (page: string, text: string): string | undefined =>
  [...page.matchAll(/<a [^>]*href="([^"]*)"[^>]*>([^<]*)<\/a>/g)]
    .find(([, , shown]) => shown === text)?.[1]
    ?.replaceAll('&amp;', '&');

test('the systems of phones are told which apps open scans', async () => {
  const { api } = await start(APP);
  const apple = await api.get('/.well-known/apple-app-site-association').expect(200);
  expect(apple.headers['content-type']).toMatch(/^application\/json/);
  const [modern, ...old] = apple.body.applinks.details;
  expect(modern).toEqual({
    appIDs: ['ABCDE12345.com.example.bank', 'ABCDE12345.com.example.beta'],
    components: [{ '/': '/s/*' }, { '/': '/device' }, { '/': '/device/' }],
  });
  expect(old).toHaveLength(2);
  const android = await api.get('/.well-known/assetlinks.json').expect(200);
  expect(android.body).toEqual([
    {
      relation: ['delegate_permission/common.handle_all_urls'],
      target: {
        namespace: 'android_app',
        package_name: 'com.example.bank',
        sha256_cert_fingerprints: [PRINT.toUpperCase(), PRINT.replace('aB', '00').toUpperCase()],
      },
    },
  ]);
});

test('without an app there is neither', async () => {
  const { api } = await start({});
  await api.get('/.well-known/apple-app-site-association').expect(404);
  await api.get('/.well-known/assetlinks.json').expect(404);
  expect(await pageFor(IPHONE)).not.toContain('Open in');
});

test('a scan by the camera is offered the app, with the very address that was scanned', async () => {
  await start(APP);
  const named = 'Open in Bank &lt;b&gt;';
  const ios = new URL(href(await pageFor(IPHONE), named) ?? '');
  expect(ios.protocol).toBe('examplebank:');
  expect(ios.searchParams.get('url')).toMatch(/^http:\/\/localhost:8080\/s\/[\w.-]{20,}$/);
  const android = href(await pageFor(ANDROID), named);
  expect(android).toMatch(
    /^intent:\/\/localhost:8080\/s\/[\w.-]{20,}#Intent;scheme=http;package=com\.example\.bank;S\.browser_fallback_url=https%3A%2F%2Fplay\.google\.com[^;]*;end$/,
  );
  const device = new URL(href(await pageFor(IPHONE, '/device?user_code=WDJB-MJHT'), named) ?? '');
  expect(device.searchParams.get('url')).toBe('http://localhost:8080/device?user_code=WDJB-MJHT');
  expect(href(await pageFor(IPHONE), 'Get Bank &lt;b&gt;')).toBe(APP.SCANGATE_APP_IOS_STORE);
  expect(href(await pageFor(ANDROID), 'Get Bank &lt;b&gt;')).toBe(APP.SCANGATE_APP_ANDROID_STORE);
  const desk = await pageFor('Mozilla/5.0 (X11; Linux)');
  expect([href(desk, named), desk.split('>Get Bank').length - 1]).toEqual([undefined, 2]);
});

test('with jwt alone the page says where to approve, with and without a name for it', async () => {
  await start(APP, true);
  const page = await pageFor(IPHONE);
  expect(page).toContain('<h1>Approve this in Bank &lt;b&gt;</h1>');
  expect(page).not.toContain('Who is holding this phone?');
  expect(href(page, 'Open in Bank &lt;b&gt;')).toBeDefined();
  await edge?.stop();
  await start({}, true);
  expect(await pageFor(IPHONE, '/device')).toContain('Approve this in the app');
  expect(await pageFor(IPHONE, undefined, 'de')).toContain('Mit der App bestätigen');
});

test.each([
  ['SCANGATE_APP_IOS_IDS', 'com.example.bank'],
  ['SCANGATE_APP_IOS_LINK', 'examplebank://scan'],
  ['SCANGATE_APP_IOS_LINK', 'javascript:alert({url})'],
  ['SCANGATE_APP_ANDROID_LINK', '/{url}'],
  ['SCANGATE_APP_ANDROID_STORE', 'javascript:alert(1)'],
  ['SCANGATE_APP_ANDROID_CERTIFICATES', 'com.example.bank=AA:BB'],
])('a bad %s (%s) is refused at the start', (name, text) => {
  expect(() => readConfig({ [name]: text })).toThrow(BadSetting);
  expect(() => readConfig({ [name]: text })).toThrow(name);
});
