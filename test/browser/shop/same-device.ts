import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { site } from './site.ts';
import { keepScreenshot } from '../screen.ts';
import { PHONE } from '../visit.ts';

const view = (page: Page, name: string): Promise<void> => page.locator(`[data-view="${name}"]`).waitFor();
const here = (page: Page) => page.getByRole('link', { name: 'Sign in on this device' });

/** Opens the shop's authorization request on a phone. */
async function openRequest(): Promise<Page> {
  const { page } = await site.visit(PHONE);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: site.shop.clientId,
    redirect_uri: site.shop.redirectUri,
    state: 's1',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  });
  await page.goto(`${site.gateway.url}/oauth/authorize?${query.toString()}`);
  return page;
}

async function continueAs(page: Page, name: string): Promise<void> {
  await page.locator('input[name="name"]:visible').fill(name);
  await page.keyboard.press('Enter');
  await page.locator('[data-do="continue"]').waitFor();
}

test('a phone is offered to sign in on this device first, and comes back to the application by itself', async () => {
  const page = await openRequest();
  await here(page).waitFor();
  await page.locator('[data-drawn="true"]').waitFor();
  await keepScreenshot(page, 'same-device-1-offer');
  const above = await page.evaluate(
    `document.querySelector('#sign-in').shadowRoot.querySelector('.scangate-here').getBoundingClientRect().bottom <=
       document.querySelector('#sign-in').shadowRoot.querySelector('.scangate-qr').getBoundingClientRect().top`,
  );
  expect(above).toBe(true);
  await here(page).click();
  await continueAs(page, 'ada');
  await page.getByRole('heading', { name: 'Sign in on this device?' }).waitFor();
  await keepScreenshot(page, 'same-device-2-continue');
  await page.locator('[data-do="continue"]').click();
  await view(page, 'ask');
  // The shop asks for a number, which nobody could see here.
  expect(await page.locator('#number').isVisible()).toBe(false);
  await page.locator('[data-do="confirm"] [type="submit"]').click();
  await page.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  const answer = new URL(page.url()).searchParams;
  expect([answer.get('state'), answer.get('iss')]).toEqual(['s1', site.gateway.url]);
  expect(answer.get('code')).toMatch(/^[\w-]+\./);
});

test('who denies on this device is taken back too', async () => {
  const page = await openRequest();
  await here(page).click();
  await continueAs(page, 'ada');
  await page.locator('[data-do="continue"]').click();
  await page.locator('[data-do="deny"]').click();
  await page.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
});

test('the link of another browser says that it is, and a scanned code that it signs in another device', async () => {
  const page = await openRequest();
  await page.locator('[data-drawn="true"]').waitFor();
  await here(page).click();
  await page.waitForURL('**/s/**');
  const link = page.url();
  const { page: victim } = await site.visit(PHONE);
  await victim.goto(link);
  await victim.locator('input[name="name"]').fill('victim');
  await victim.keyboard.press('Enter');
  await victim.getByText('belongs to a sign-in in another browser').waitFor();
  expect(await victim.locator('[data-do="continue"]').isVisible()).toBe(false);
  await keepScreenshot(victim, 'same-device-3-elsewhere');
});

test('the tag of a shop leads its user by the gateway’s page, and back with the verifier at hand', async () => {
  const tag =
    `<script type="module" src="${site.gateway.url}/assets/client.mjs"></script>` +
    `<scan-login client-id="shop" redirect-uri="${site.shop.redirectUri}" state="s2"></scan-login>`;
  const { page } = await site.open(tag, { options: PHONE });
  await here(page).click();
  await page.waitForURL(`${site.gateway.url}/oauth/authorize**`);
  await here(page).click();
  await continueAs(page, 'ada');
  await page.locator('[data-do="continue"]').click();
  await page.locator('[data-do="confirm"] [type="submit"]').click();
  await page.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  expect(await page.evaluate(`sessionStorage.getItem('scangate.verifier.s2')`)).toMatch(/^[\w-]{43}$/);
});

test('the demo client signs in on a phone alone', async () => {
  const { page } = await site.visit(PHONE);
  await page.goto(site.gateway.url);
  await here(page).click();
  await continueAs(page, 'ada');
  await page.locator('[data-do="continue"]').click();
  await page.locator('[data-do="confirm"] [type="submit"]').click();
  await view(page, 'done');
  expect(await page.locator('.subject').textContent()).toBe('ada');
});
