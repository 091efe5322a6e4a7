import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { call, expectStatus } from '../support/call.ts';
import { startChromium } from '../support/chromium.ts';
import { confirm, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { approveAs, openAs, scanAs } from './phone.ts';
import { awaitQrCode, keepScreenshot, readQrCode } from './screen.ts';
import { PHONE, visit } from './visit.ts';
import type { Visit } from './visit.ts';

let browser: Browser;
let warm: Warm;
let gateway: WarmGateway;
/** Its tickets live for a short time, and their codes for a shorter one. */
let hasty: WarmGateway;
const visits: Visit[] = [];

beforeAll(async () => {
  warm = startWarm();
  [browser, gateway, hasty] = await Promise.all([
    startChromium(),
    warm.gateway({}),
    warm.gateway({ SCANGATE_TICKET_LIFE: 'PT20S', SCANGATE_QR_PERIOD: 'PT4S' }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await warm?.stop();
});

afterEach(async () => {
  for (const one of visits.splice(0)) await one.close();
});

async function open(at: WarmGateway, options?: BrowserContextOptions): Promise<Visit> {
  const opened = await visit(browser, [at.url], options);
  visits.push(opened);
  return opened;
}

/** The sign-in page and a phone beside it. */
async function screenAndPhone(): Promise<{ screen: Visit; phone: Visit }> {
  const screen = await open(gateway);
  const phone = await open(gateway, PHONE);
  await screen.page.goto(gateway.url);
  return { screen, phone };
}

interface DeviceCodes {
  readonly user_code: string;
  readonly device_code: string;
  readonly verification_uri: string;
}

const status = (page: Page, name: string) => page.locator(`[data-status="${name}"]`).waitFor();

function expectPeace(...all: readonly Visit[]): void {
  for (const { complaints, strays } of all)
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] });
}

test('the code on the screen is scanned, approved, and the page shows who signed in', async () => {
  const { screen, phone } = await screenAndPhone();
  const address = await awaitQrCode(screen.page);
  expect(address.startsWith(`${gateway.url}/s/`)).toBe(true);
  await keepScreenshot(screen.page, 'sign-in-pending');

  await scanAs(phone.page, address, 'ada');
  await status(screen.page, 'scanned');
  await keepScreenshot(screen.page, 'sign-in-scanned');
  await keepScreenshot(phone.page, 'approve-ask');
  expect(await readQrCode(screen.page)).toBeUndefined();
  expect(await screen.page.locator('.scangate-status').textContent()).toContain('ada');

  await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
  await screen.page.waitForURL(`${gateway.url}/demo/callback`);
  await screen.page.locator('[data-view="done"]').waitFor();
  await keepScreenshot(screen.page, 'signed-in');
  await keepScreenshot(phone.page, 'approve-confirmed');
  expect(await screen.page.locator('.subject').textContent()).toBe('ada');
  expect(await screen.page.locator('[data-show="checked"]').isVisible()).toBe(true);
  const claims = await screen.page.locator('tbody tr').allInnerTexts();
  expect(claims.map((row) => row.split('\t')[0])).toEqual(
    expect.arrayContaining(['iss', 'sub', 'aud', 'exp', 'sid']),
  );
  expectPeace(screen, phone);

  await screen.page.reload();
  await screen.page.locator('[data-problem="no_code"]').waitFor();
});

test('expired, and a new code in one click', async () => {
  const screen = await open(hasty);
  await screen.page.goto(hasty.url);
  const first = await awaitQrCode(screen.page);
  await screen.page.locator('[data-status="expired"]').waitFor({ timeout: 60_000 });
  await keepScreenshot(screen.page, 'sign-in-expired');
  await screen.page.getByRole('button', { name: 'New code' }).click();
  expect(await awaitQrCode(screen.page)).not.toBe(first);
  expectPeace(screen);
});

test('the code on the screen changes while it waits', async () => {
  const screen = await open(hasty);
  await screen.page.goto(hasty.url);
  const first = await awaitQrCode(screen.page);
  const later = await until(
    async () => {
      const now = await readQrCode(screen.page);
      return now !== first && now;
    },
    { withinMs: 30_000, everyMs: 500, what: 'another code on the screen' },
  );
  const scanned = expectStatus(await scan(hasty.url, new URL(later).pathname.slice('/s/'.length)), 201);
  expectStatus(await confirm(hasty.url, scanned), 200);
  await screen.page.locator('[data-view="done"]').waitFor();
  expectPeace(screen);
});

test('cancelled on the screen, and the phone is told', async () => {
  const { screen, phone } = await screenAndPhone();
  await openAs(phone.page, await awaitQrCode(screen.page), 'ada');
  await screen.page.getByRole('button', { name: 'Cancel' }).click();
  await status(screen.page, 'cancelled');
  await phone.page.locator('[data-do="continue"]').click();
  await phone.page.locator('[data-problem="already_cancelled"]').waitFor();
  await keepScreenshot(phone.page, 'approve-problem');
  expect(phone.strays).toEqual([]);
});

test('a second phone is told that somebody else scanned', async () => {
  const { screen, phone } = await screenAndPhone();
  const address = await awaitQrCode(screen.page);
  await scanAs(phone.page, address, 'ada');
  const other = await open(gateway, PHONE);
  await openAs(other.page, address, 'eve');
  await other.page.locator('[data-do="continue"]').click();
  await other.page.locator('[data-problem="already_scanned"]').waitFor();
});

test('approved with the keyboard alone', async () => {
  const { screen, phone } = await screenAndPhone();
  const { page } = phone;
  const pressUntil = async (selector: string): Promise<void> => {
    for (let presses = 0; presses < 20; presses++) {
      if (await page.locator(`${selector}:focus`).count()) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${selector}`);
  };
  await page.goto(await awaitQrCode(screen.page));
  await pressUntil('input[name="name"]');
  await page.keyboard.type('ada');
  await page.keyboard.press('Enter');
  await page.locator('[data-do="continue"]').waitFor();
  await pressUntil('[data-do="continue"]');
  await page.keyboard.press('Enter');
  await page.locator('[data-view="ask"] h1:focus').waitFor();
  await page.locator('.confirm:not([aria-disabled])').waitFor();
  await pressUntil('[data-do="confirm"] [type="submit"]');
  await page.keyboard.press('Space');
  await page.locator('[data-view="confirmed"] h1:focus').waitFor();
  await screen.page.locator('[data-view="done"]').waitFor();
});

test('without a phone: opened in another tab of the same browser, while this one is hidden', async () => {
  const { context, page, complaints } = await open(gateway);
  await page.goto(gateway.url);
  const address = await awaitQrCode(page);
  const tab = await context.newPage();
  await tab.goto(address);
  await tab.locator('input[name="name"]').fill('ada');
  await tab.keyboard.press('Enter');
  await tab.locator('[data-do="continue"]').click();
  await tab.locator('[data-do="confirm"] [type="submit"]').click();
  await page.locator('[data-view="done"]').waitFor();
  expect(complaints).toEqual([]);
  await page.goBack();
  await awaitQrCode(page);
});

test('the code of a device is typed, compared and approved', async () => {
  const form = { client_id: 'demo', scope: 'openid' };
  const asked = await call<DeviceCodes>(`${gateway.url}/oauth/device_authorization`, { form });
  const {
    user_code: userCode,
    device_code: deviceCode,
    verification_uri: address,
  } = expectStatus(asked, 200);
  const { page } = await open(gateway, PHONE);
  await page.goto(address);
  await page.locator('input[name="name"]').fill('ada');
  await page.keyboard.press('Enter');
  await page.locator('#user-code').fill(userCode.toLowerCase().replace('-', ' '));
  await page.keyboard.press('Enter');
  await page.locator('[data-view="ask"]').waitFor();
  expect(await page.locator('[data-fill="user-code"]').textContent()).toBe(userCode);
  await keepScreenshot(page, 'device-ask');
  await page.locator('[data-do="confirm"] [type="submit"]').click();
  await page.locator('[data-view="confirmed"]').waitFor();
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const trade = { grant_type, device_code: deviceCode, client_id: 'demo' };
  expectStatus(await call(`${gateway.url}/oauth/token`, { form: trade }), 200);
});

test('a Chinese browser is spoken to in Chinese', async () => {
  const screen = await open(gateway, { locale: 'zh-CN' });
  const phone = await open(gateway, { ...PHONE, locale: 'zh-CN' });
  await screen.page.goto(gateway.url);
  const address = await awaitQrCode(screen.page);
  expect(await screen.page.locator('html').getAttribute('lang')).toBe('zh-CN');
  expect(await screen.page.locator('.scangate-title').textContent()).toBe('扫码登录');
  await scanAs(phone.page, address, '艾达');
  await screen.page.getByText('艾达\u2069 已扫码').waitFor();
  await phone.page.getByRole('button', { name: '确认' }).click();
  await screen.page.locator('[data-view="done"]').waitFor();
  expect(await screen.page.locator('.subject').textContent()).toBe('艾达');
  expectPeace(screen, phone);
});

test('a sign-in completes for someone who opened another name of the gateway than its public one', async () => {
  const other = gateway.url.replace('localhost', '127.0.0.1');
  const screen = await visit(browser, [gateway.url, other]);
  visits.push(screen);
  const phone = await open(gateway, PHONE);
  await screen.page.goto(other);
  await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
  await screen.page.locator('[data-view="done"]').waitFor();
  expect(await screen.page.locator('.subject').textContent()).toBe('ada');
  expect([screen.complaints, screen.strays]).toEqual([[], []]);
});
