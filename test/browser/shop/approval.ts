import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { call, expectStatus } from '../../support/call.ts';
import { rounds } from '../../support/random.ts';
import { mint } from '../../support/signin.ts';
import type { Minted, Notice } from '../../support/signin.ts';
import { scanAs } from '../phone.ts';
import { site } from './site.ts';
import { awaitQrCode, keepScreenshot } from '../screen.ts';
import { PHONE } from '../visit.ts';

const SIZE = { width: 390, height: 844 };
const CONFIRM = '[data-do="confirm"] [type="submit"]';
const view = (page: Page, name: string): Promise<void> => page.locator(`[data-view="${name}"]`).waitFor();

async function openPhone(locale = 'en'): Promise<Page> {
  const phone = await site.visit({ ...PHONE, viewport: SIZE, locale });
  return phone.page;
}

/** A ticket of the shop, which asks for a number, and a phone that has scanned it. */
async function scanned(locale?: string): Promise<{ ticket: Minted; phone: Page; address: string }> {
  const ticket = await mint(site.gateway.url, {
    clientId: site.shop.clientId,
    redirectUri: site.shop.redirectUri,
  });
  const address = ticket.notice.scan?.url ?? '';
  const phone = await openPhone(locale);
  await scanAs(phone, address, 'ada');
  return { ticket, phone, address };
}

async function typeNumber({ ticket, phone }: { ticket: Minted; phone: Page }): Promise<void> {
  const { body } = await call<Notice>(ticket.links.self, { headers: ticket.secretHeaders });
  await phone.locator('#number').fill(body.number ?? '');
}

const inView = (page: Page): Promise<Record<string, boolean>> =>
  page.evaluate(`Object.fromEntries(['#number', '[data-do="deny"]', '.confirm'].map((one) => {
    const { top, bottom } = document.querySelector(one).getBoundingClientRect();
    return [one, top >= 0 && bottom <= innerHeight];
  }))`);

test.each(['de', 'en', 'ja'].slice(0, rounds(1, 3)))(
  'number, Deny and Confirm are in view at once on a phone in %s',
  async (locale) => {
    const { phone } = await scanned(locale);
    const all = { '#number': true, '[data-do="deny"]': true, '.confirm': true };
    expect(await inView(phone)).toEqual(all);
    await keepScreenshot(phone, `approval-${locale}`);
    await phone.evaluate('scrollTo(0, document.body.scrollHeight)');
    expect(await inView(phone)).toEqual(all);
  },
);

test('an application without a website is named as one, and not beside an empty website', async () => {
  const phone = await openPhone();
  const ticket = await mint(site.gateway.url, { clientId: 'till', redirectUri: undefined });
  await scanAs(phone, ticket.notice.scan?.url ?? '', 'ada');
  const row = phone.locator('.facts > div', { has: phone.locator('[data-fill="client-domain"]') });
  expect((await row.innerText()).split(/\s*\n\s*/)).toEqual(['Application', 'not verified']);
});

test('who signed in too long ago for the application signs in anew, and then confirms', async () => {
  const phone = await openPhone();
  await phone.goto(`${site.gateway.url}/device`);
  await phone.locator('input[name="name"]').fill('ada');
  await phone.keyboard.press('Enter');
  await view(phone, 'enter');
  await phone.waitForTimeout(1100);
  const desk = await site.visit();
  const request = {
    client_id: 'demo',
    redirect_uri: `${site.gateway.url}/demo/callback`,
    response_type: 'code',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    prompt: 'login',
  };
  await desk.page.goto(`${site.gateway.url}/oauth/authorize?${new URLSearchParams(request).toString()}`);
  await phone.goto(await awaitQrCode(desk.page));
  await phone.locator('[data-do="continue"]').click();
  await view(phone, 'fresh');
  await keepScreenshot(phone, 'approval-fresh');
  await phone.locator('[data-view="fresh"] button').click();
  await phone.locator('[data-do="continue"]').click();
  await view(phone, 'ask');
});

test('Back and a reload show the outcome, and whose it is, and not the form', async () => {
  const both = await scanned();
  const { phone, address } = both;
  await typeNumber(both);
  await phone.locator(CONFIRM).click();
  await view(phone, 'confirmed');
  await keepScreenshot(phone, 'outcome-confirmed');
  const shown = async (): Promise<string> => {
    await view(phone, 'confirmed');
    return (await phone.locator('[data-view="confirmed"] dd').allInnerTexts()).join(' ');
  };
  expect(await shown()).toBe('ada The Shop');
  await phone.reload();
  expect(await shown()).toBe('ada The Shop');
  await phone.goto(`${site.gateway.url}/nowhere`);
  await phone.locator('#back').click();
  expect(await shown()).toBe('ada The Shop');
  // The page that asked who one is, which a browser may have kept as it was.
  await phone.goBack();
  expect(new URL(phone.url()).pathname).toBe(new URL(address).pathname);
  expect(await shown()).toBe('ada The Shop');
});

test('a typed code stands in two segments, and its address shows an outcome only to who comes back', async () => {
  const form = { client_id: 'demo', scope: 'openid' };
  const asked = await call<{ user_code: string }>(`${site.gateway.url}/oauth/device_authorization`, { form });
  const { user_code: userCode } = expectStatus(asked, 200);
  const phone = await openPhone();
  await phone.goto(`${site.gateway.url}/device`);
  await phone.locator('input[name="name"]').fill('ada');
  await phone.keyboard.press('Enter');
  await phone.locator('#user-code').click();
  await phone.keyboard.type(userCode.replace('-', '').toLowerCase().slice(0, 6));
  await keepScreenshot(phone, 'device-segments');
  expect(await phone.locator('#user-code').inputValue()).toBe(userCode.slice(0, 7));
  await phone.keyboard.press('Backspace');
  await phone.keyboard.press('Backspace');
  expect(await phone.locator('#user-code').inputValue()).toBe(userCode.slice(0, 4));
  await phone.keyboard.type(userCode.slice(5));
  await phone.keyboard.press('Enter');
  await view(phone, 'ask');
  await phone.locator('[data-do="deny"]').click();
  await view(phone, 'denied');
  await keepScreenshot(phone, 'outcome-denied');
  await phone.reload();
  await view(phone, 'denied');
  await phone.goto(`${site.gateway.url}/device?`);
  await phone.goto(`${site.gateway.url}/device`);
  await view(phone, 'enter');
});

test('a client’s logo and colours are shown, and its site hears of no visitor', async () => {
  const asked = new URL(`${site.gateway.url}/oauth/authorize?response_type=code&code_challenge_method=S256`);
  asked.searchParams.set('client_id', site.shop.clientId);
  asked.searchParams.set('redirect_uri', site.shop.redirectUri);
  asked.searchParams.set('code_challenge', 'a'.repeat(43));
  const screen = await site.visit();
  await screen.page.goto(asked.href);
  const address = await awaitQrCode(screen.page);
  const color = (): Promise<string> =>
    screen.page.evaluate("getComputedStyle(document.querySelector('.client')).color");
  expect(await screen.page.evaluate("document.querySelector('.logo').naturalWidth")).toBe(120);
  expect(await color()).toBe('rgb(122, 31, 162)');
  await keepScreenshot(screen.page, 'client-looks-light');
  await screen.page.emulateMedia({ colorScheme: 'dark' });
  expect(await color()).toBe('rgb(224, 176, 255)');
  await keepScreenshot(screen.page, 'client-looks-dark');
  const phone = await site.visit(PHONE);
  await scanAs(phone.page, address, 'ada');
  await phone.page.locator('#logo').waitFor();
  expect(await phone.page.locator('[data-fill="release"] li').allInnerTexts()).toEqual(['who you are']);
  await phone.page.waitForFunction(
    "getComputedStyle(document.querySelector('.client')).color === 'rgb(122, 31, 162)'",
  );
  await keepScreenshot(phone.page, 'client-looks-phone');
  for (const { strays, complaints } of [screen, phone])
    expect({ strays, complaints }).toEqual({ strays: [], complaints: [] });
});

test('a shared phone is left signed out, by the page itself', async () => {
  const { phone, address } = await scanned();
  await phone.locator('[data-do="deny"]').click();
  await view(phone, 'denied');
  await phone.locator('.leave summary').click();
  await keepScreenshot(phone, 'sign-out');
  await phone.getByRole('button', { name: 'Sign out on this phone' }).click();
  await phone.getByRole('heading', { name: 'You are signed out on this phone.' }).waitFor();
  await keepScreenshot(phone, 'signed-out-phone');
  await phone.getByRole('link', { name: 'Sign in again' }).click();
  await phone.locator('input[name="name"]').waitFor();
  expect(phone.url()).toBe(address);
});
