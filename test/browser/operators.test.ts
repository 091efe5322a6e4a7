import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { mint } from '../support/signin.ts';
import { axeOn } from './axe.ts';
import { keepScreenshot } from './screen.ts';
import { visit } from './visit.ts';
import type { Visit } from './visit.ts';

const TOKEN = 'operators-token-of-a-test';

let browser: Browser;
let redis: Redis;
let gateway: Gateway;
let at: string;
let operator: Visit;
let page: Page;

beforeAll(async () => {
  const port = await freePort();
  at = `http://127.0.0.1:${port}`;
  [browser, redis] = await Promise.all([startChromium(), startRedis({ config: { appendonly: 'yes' } })]);
  gateway = await startGateway({
    env: {
      SCANGATE_STORE: redis.url,
      SCANGATE_CANARY_PERIOD: 'PT0.3S',
      SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}`,
      SCANGATE_ADMIN_TOKEN: TOKEN,
    },
  });
  operator = await visit(browser, [at], { viewport: { width: 1280, height: 900 } });
  page = operator.page;
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await redis?.stop();
});

/** Waits until an element says this. */
async function reads(selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor();
}

async function userInfo(token: string): Promise<number> {
  return (await call(`${gateway.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }))
    .status;
}

async function expectAccessible(name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const axe = axeOn(page);
    const { violations } = await (colorScheme === 'light' ? axe : axe.withRules('color-contrast')).analyze();
    expect(violations.map(({ id, nodes }) => `${name}, ${colorScheme}: ${id} at ${nodes[0]?.html}`)).toEqual(
      [],
    );
    await keepScreenshot(page, `operators-${name}-${colorScheme}`);
  }
}

test('the token opens it, once, and another does not', async () => {
  await page.goto(at);
  await page.getByLabel('Token').fill(`${TOKEN}x`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await reads('[role=alert]', 'not the token');
  await expectAccessible('door');
  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await reads('#link', 'live');
  expect(page.url()).toBe(`${at}/`);
  const [cookie] = await operator.context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  expect(cookie?.value).not.toContain(TOKEN);
  // Both answers that asked for the token are lines of the console, and no reports.
  operator.complaints.splice(0, 2);
});

test('it shows sign-ins as they happen, and who waits', async () => {
  await reads('#node-state', 'ready');
  await reads('#nodes', 'this one');
  const watch = await mint(gateway.url);
  const stop = new AbortController();
  await fetch(watch.links.events, { headers: watch.secretHeaders, signal: stop.signal });
  await signIn(gateway.url);
  await reads('#funnel li:last-child .count', /^1$/);
  await reads('#funnel li:first-child .count', /^2$/);
  await reads('#tile-waiting', /^1$/);
  stop.abort();
  await reads('#tile-waiting', /^0$/);
  await page.locator('#chart-rate rect.series-1').waitFor();
});

test('it tells of an outage while it lasts, and of its end', async () => {
  await redis.kill();
  await reads('#outages', 'Away: store');
  await reads('#node-state', 'away');
  await reads('#bulletins .bad', 'An outage began: store');
  await keepScreenshot(page, 'operators-outage-dark');
  await redis.restart();
  await reads('#bulletins .good', 'An outage is over: store');
  await reads('#node-state', 'ready');
  await page.locator('#outages').waitFor({ state: 'hidden' });
});

test('it finds a sign-in, shows its history, and ends all of its user', async () => {
  const { tokens } = await signIn(gateway.url, { name: 'eve', mint: { scope: 'openid' } });
  await page.locator('#search-user').fill('demo:eve');
  await page.getByRole('button', { name: 'Search' }).click();
  await reads('#found tr', 'demo:eve');
  await page.locator('#found button').first().click();
  await reads('#timeline .title', 'redeemed');
  await expectAccessible('ticket');
  await page.getByRole('button', { name: 'End all of demo:eve' }).click();
  await reads('#ending-said', 'This ends 1 session and');
  expect(await userInfo(tokens.access_token)).toBe(200);
  await page.getByRole('button', { name: 'End them' }).click();
  await reads('#ending-said', 'Ended: 1 session and');
  expect(await userInfo(tokens.access_token)).toBe(401);
  await keepScreenshot(page, 'operators-ended');
  await page.locator('#ending-close').click();
  await page.locator('#ticket-close').click();
});

test('it lists where a user is signed in, and ends one of it', async () => {
  const names = { name: 'frank', mint: { scope: 'openid' } };
  const [one, other] = [await signIn(gateway.url, names), await signIn(gateway.url, names)];
  await page.locator('#search-user').fill('demo:frank');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('#found tr', { hasText: 'redeemed' }).first().locator('button').click();
  await page.getByRole('button', { name: 'Sessions of demo:frank' }).click();
  await reads('#sessions-said', 'demo:frank is signed in at 2 places.');
  await expectAccessible('sessions');
  await page.getByRole('button', { name: 'End session' }).first().click();
  await reads('#ending-said', 'This ends 1 session and 0 sign-ins under way. It cannot be undone.');
  await page.getByRole('button', { name: 'End them' }).click();
  await reads('#ending-said', 'Ended: 1 session');
  await page.locator('#ending-close').click();
  await reads('#sessions-said', 'demo:frank is signed in at 1 place.');
  const tokens = [one.tokens.access_token, other.tokens.access_token];
  expect(new Set(await Promise.all(tokens.map(userInfo)))).toEqual(new Set([200, 401]));
  await page.getByRole('button', { name: 'End all of demo:frank' }).click();
  await page.getByRole('button', { name: 'End them' }).click();
  await reads('#ending-said', 'Ended: 1 session');
  await page.locator('#ending-close').click();
  await reads('#sessions-said', 'demo:frank is signed in nowhere.');
  expect(await Promise.all(tokens.map(userInfo))).toEqual([401, 401]);
});

test('it finds by what happened, by session and between two times, page by page', async () => {
  const search = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    await page.evaluate("document.getElementById('search').reset()");
    await page.locator('#search-since').selectOption('between');
    for (const [id, value] of Object.entries(fields)) {
      const field = page.locator(`#search-${id}`);
      await (id === 'kind' ? field.selectOption(value) : field.fill(value));
    }
    await page.getByRole('button', { name: 'Search' }).click();
  };
  await search({ kind: 'revocation' });
  await reads('#found-said', /^\d+ found\.$/);
  const kinds = await page.locator('#found td:nth-child(2)').allTextContents();
  expect(kinds.length).toBeGreaterThan(0);
  expect(kinds.filter((kind) => !kind.startsWith('revocation'))).toEqual([]);
  const { tokens } = await signIn(gateway.url, { name: 'grace' });
  const { sid } = decodeJwt(tokens.access_token);
  await search({ session: String(sid) });
  await reads('#found tr', 'opened');
  await search({ session: String(sid), until: '2020-01-01T00:00:00' });
  await reads('#found-said', 'Nothing was found.');
  await search({ session: String(sid), from: '2020-01-01T00:00:00' });
  await reads('#found tr', 'opened');
  await Promise.all(Array.from({ length: 30 }, () => mint(gateway.url)));
  await search({ kind: 'minted' });
  await reads('#found-said', '25 found, and there may be older ones.');
  await page.getByRole('button', { name: 'Older ones' }).click();
  await page.locator('#found tr:nth-child(31)').waitFor();
  const found = await page.locator('#found button').all();
  const labels = await Promise.all(found.map((button) => button.getAttribute('aria-label')));
  expect(new Set(labels).size).toBe(labels.length);
  await page.evaluate("document.getElementById('search').reset()");
});

test('the answer to an older search comes too late', async () => {
  const release = new AbortController();
  await page.route(/user=demo%3Aeve/, async (route) => {
    if (!release.signal.aborted)
      await new Promise((resolve) => release.signal.addEventListener('abort', resolve));
    await route.continue().catch(() => undefined);
  });
  const search = async (user: string): Promise<void> => {
    await page.locator('#search-user').fill(user);
    await page.getByRole('button', { name: 'Search' }).click();
  };
  await search('demo:eve');
  await search('demo:nobody');
  await reads('#found-said', 'Nothing was found.');
  release.abort();
  await page.unrouteAll({ behavior: 'wait' });
  // What is asked for now is mostly answered after what was held back.
  await page.evaluate("fetch('/v1/audit?limit=1').then((answer) => answer.text())");
  expect(await page.locator('#found tr').count()).toBe(0);
  await reads('#found-said', 'Nothing was found.');
});

test('it listens while it is seen', async () => {
  const turn = async (state: 'hidden' | 'visible'): Promise<void> =>
    await page.evaluate(
      `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`,
    );
  await turn('hidden');
  await reads('#link', 'paused while hidden');
  await turn('visible');
  await reads('#link', 'live');
});

test.each([
  ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a page of another port', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
  ['a page of another site, in a browser without fetch metadata', { origin: 'https://evil.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['nobody', {}],
])('attack: %s ends nothing by the cookie of an operator', async (_who, headers) => {
  const [cookie] = await operator.context.cookies();
  const answer = await call(`${at}/page/revocations`, {
    json: { user: 'demo:eve' },
    headers: { ...headers, cookie: `${cookie?.name}=${cookie?.value}` },
  });
  expect(answer.status).toBe(403);
});

test('attack: neither a made up cookie nor one that was stretched opens anything', async () => {
  const [cookie] = await operator.context.cookies();
  const [until = '', seal = ''] = cookie?.value.split('.') ?? [];
  const statusOf = async (value: string): Promise<number> =>
    (await call(`${at}/v1/audit`, { headers: { cookie: `${cookie?.name}=${value}` } })).status;
  expect(await statusOf(`${until}.${seal}`)).toBe(200);
  for (const value of [`${until}0.${seal}`, `${until}.`, `${until}.${seal.slice(1)}x`, '', TOKEN])
    expect([value, await statusOf(value)]).toEqual([value, 401]);
});

test('all can use it, in the light and in the dark, and nothing breaks its rules', async () => {
  await expectAccessible('page');
  await page.setViewportSize({ width: 390, height: 844 });
  const isCut = 'document.documentElement.scrollWidth > innerWidth';
  expect(await page.evaluate(isCut)).toBe(false);
  await keepScreenshot(page, 'operators-page-390');
  expect([operator.complaints, operator.strays]).toEqual([[], []]);
});
