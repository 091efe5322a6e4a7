import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import * as oidc from 'openid-client';
import { OWN_FOLDERS } from '../../src/config/public-url.ts';
import { approveAs } from '../browser/phone.ts';
import { startEdge } from '../http/fixture.ts';
import { awaitQrCode } from '../browser/screen.ts';
import { PHONE, visit } from '../browser/visit.ts';
import { built } from '../support/built.ts';
import { freePort, startChild } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds } from '../support/random.ts';
import { startWarm } from '../support/warm.ts';
import { makeCertificate, startFront } from './front.ts';
import type { Certificate, FrontName } from './front.ts';

const PATH = '/login/scan';
const SECURE = { ignoreHTTPSErrors: true };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let certificate: Certificate;
let browser: Browser;
const open: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  [certificate, browser] = await Promise.all([makeCertificate(folder.path), startChromium()]);
});

afterAll(async () => {
  await browser?.close();
  for (const one of open.toReversed()) await one.stop();
  await folder?.remove();
});

/** A gateway below a path, and the proxy that leads there. */
interface Below {
  readonly gateway: Gateway;
  readonly url: string;
}

const started = new Map<string, Promise<Below>>();

/** The one of that kind that all tests share. */
function below(name: FrontName, strips: boolean): Promise<Below> {
  const kind = `${name} ${strips}`;
  const there = started.get(kind) ?? start(name, strips);
  started.set(kind, there);
  return there;
}

async function start(name: FrontName, strips: boolean): Promise<Below> {
  const port = await freePort();
  const url = `https://localhost:${port}${PATH}`;
  const gateway = await startGateway({ env: { SCANGATE_PUBLIC_URL: `${url}/` } });
  open.push(gateway);
  open.push(await startFront(name, port, gateway.port, certificate, { path: PATH, strips }));
  return { gateway, url };
}

const FRONTS: readonly (readonly [FrontName, boolean])[] = [
  ['nginx', true],
  ['haproxy', false],
  ['nginx', false],
  ['haproxy', true],
];

// By default each proxy once, and the path once each way.
test.each(FRONTS.slice(0, rounds(2, FRONTS.length)))(
  '%s, which takes the path away (%p): one whole sign-in, nothing outside of it',
  async (name, strips) => {
    const { url } = await below(name, strips);
    const { origin } = new URL(url);
    const screen = await visit(browser, [origin], SECURE);
    const phone = await visit(browser, [origin], { ...PHONE, ...SECURE });
    const outside: string[] = [];
    for (const { context } of [screen, phone])
      context.on('request', (request) => {
        if (!request.url().startsWith(`${url}/`)) outside.push(request.url());
      });
    await screen.page.goto(`${url}/`);
    const address = await awaitQrCode(screen.page);
    expect(address.startsWith(`${url}/s/`)).toBe(true);
    await approveAs(phone.page, address, 'ada');
    await screen.page.waitForURL(`${url}/demo/callback`);
    await screen.page.locator('[data-view="done"]').waitFor();
    expect(await screen.page.locator('.subject').textContent()).toBe('ada');
    expect(await screen.page.locator('[data-show="checked"]').isVisible()).toBe(true);
    const cookies = [...(await screen.context.cookies()), ...(await phone.context.cookies())];
    expect(
      cookies.filter(({ path, name }) => !path.startsWith(`${PATH}/`) && !name.startsWith('__Host-')),
    ).toEqual([]);
    expect({ outside, screen: screen.complaints, phone: phone.complaints }).toEqual({
      outside: [],
      screen: [],
      phone: [],
    });
    await Promise.all([screen.close(), phone.close()]);
  },
);

test('without JavaScript too', async () => {
  const { url } = await below('nginx', true);
  const screen = await visit(browser, [new URL(url).origin], { ...SECURE, javaScriptEnabled: false });
  const phone = await visit(browser, [new URL(url).origin], { ...PHONE, ...SECURE });
  await screen.page.goto(`${url}/`);
  const address = await awaitQrCode(screen.page);
  await approveAs(phone.page, address, 'ada');
  await screen.page.waitForURL(`${url}/demo/callback?**`);
  expect(await screen.page.locator('body').textContent()).toContain('ada');
  await Promise.all([screen.close(), phone.close()]);
});

test('an OpenID Connect client finds it by either discovery, and the whole suite passes', async () => {
  const { gateway, url } = await below('nginx', true);
  // The gateway itself, as a proxy that leaves the path asks it: the certificate is nobody's whom Node knows.
  const direct = (address: URL | string, options: RequestInit = {}): Promise<Response> =>
    fetch(String(address).replace(new URL(url).origin, `http://localhost:${gateway.port}`), options);
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const found = await oidc.discovery(new URL(url), 'demo', undefined, oidc.None(), {
      algorithm,
      [oidc.customFetch]: direct as oidc.CustomFetch,
    });
    const metadata = found.serverMetadata();
    expect(metadata.issuer).toBe(url);
    expect(metadata.token_endpoint).toBe(`${url}/oauth/token`);
  }
  const suite = startChild(
    process.execPath,
    [built('cli/scangate.js'), 'conformance', '--url', `${url}/`, '--json'],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.path } },
  );
  await suite.exited;
  const report = JSON.parse(suite.output().stdout) as {
    readonly passed: number;
    readonly checks: readonly { readonly outcome: string }[];
  };
  expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.passed).toBeGreaterThan(90);
});

const warm = startWarm();
afterAll(() => warm.stop());

test.each([
  ['http://localhost:8080/v1/', 'begins'],
  ['http://localhost:8080/a%20b/', 'letters'],
  ['http://localhost:8080/a//b/', 'letters'],
  ['http://localhost:8080/a/?b', 'without query'],
])('%s stops the start', async (url, why) => {
  const { status, stderr } = await warm.start({ SCANGATE_PUBLIC_URL: url });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^scangate: SCANGATE_PUBLIC_URL: [^\n]+\n$/);
  expect(stderr).toContain(why);
});

test('no path may begin as an address of the gateway does', async () => {
  const edge = await startEdge({
    env: { SCANGATE_APP_IOS_IDS: 'ABCDE12345.com.example.app', SCANGATE_PHONE_IDENTITY: 'demo' },
  });
  const folders = edge.routes.map(({ path }) => path.split('/')[1] ?? '').filter((name) => name !== '');
  expect([...new Set([...folders, 'metrics'])].toSorted()).toEqual([...OWN_FOLDERS].toSorted());
  await edge.stop();
});
