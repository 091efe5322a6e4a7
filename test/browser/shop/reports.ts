import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { approveAs, openAs } from '../phone.ts';
import { site } from './site.ts';
import { until } from '../../support/until.ts';
import { awaitQrCode } from '../screen.ts';
import { PHONE } from '../visit.ts';
import type { Visit } from '../visit.ts';

function authorize(more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    client_id: 'shop',
    redirect_uri: site.shop.redirectUri,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    ...more,
  });
  return `${site.gateway.url}/oauth/authorize?${query.toString()}`;
}

/** Nothing was reported: no policy was violated and nobody else was asked. */
function expectQuiet(...visits: readonly Visit[]): void {
  for (const { complaints, strays } of visits) expect([complaints, strays]).toEqual([[], []]);
}

test('a report is seen where a policy is violated', async () => {
  const screen = await site.visit();
  await screen.page.goto(`${site.gateway.url}/device`);
  await screen.page.evaluate(
    "try { document.body.innerHTML = '<p>x</p>'; } catch {} new Image().src = 'https://elsewhere.example/x.png'",
  );
  await until(() => /require-trusted-types-for.*img-src/s.test(screen.complaints.join()), {
    what: 'both reports',
  });
});

test('every page is quiet in every state, with JavaScript', async () => {
  const [screen, phone] = [await site.visit(), await site.visit(PHONE)];
  for (const { page } of [screen, phone]) page.setDefaultTimeout(30_000);
  const at = site.gateway.url;
  for (const path of [
    '/',
    '/docs',
    '/device',
    '/nothing',
    '/oauth/logout',
    '/oauth/authorize',
    '/demo/callback',
  ])
    await settled(screen.page, `${at}${path}`);

  await screen.page.goto(`${at}/`);
  await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
  await screen.page.waitForURL(/\/demo\/callback/);
  await screen.page.waitForLoadState('networkidle');

  await screen.page.goto(authorize({ client_id: 'demo', redirect_uri: `${at}/demo/callback` }));
  await phone.page.goto(await awaitQrCode(screen.page));
  await phone.page.locator('[data-do="continue"]').click();
  await phone.page.locator('[data-do="deny"]').click();
  await phone.page.locator('[data-view="denied"]').waitFor();
  await phone.page.goto(`${at}/device`);
  await phone.page.evaluate(`document.querySelector('form[action$="/phone/sign-out"]').submit()`);
  await phone.page.waitForURL(/sign-out/);
  // A request of a page that a status refuses is a line of the console, and no report.
  for (const one of [screen, phone])
    one.complaints.splice(0, Infinity, ...one.complaints.filter((line) => !/status of 40\d/.test(line)));
  expectQuiet(screen, phone);
});

test('and without it', async () => {
  const screen = await site.visit({ javaScriptEnabled: false });
  const phone = await site.visit(PHONE);
  await screen.page.goto(`${site.gateway.url}/plain?client_id=demo`);
  const code = await awaitQrCode(screen.page);
  await openAs(phone.page, code, 'ada');
  await phone.page.locator('[data-do="continue"]').click();
  await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
  await phone.page.locator('[data-view="confirmed"]').waitFor();
  await screen.page.reload();
  expectQuiet(screen, phone);
});

test.each(['query', 'form_post'])(
  'a sign-in on this device is quiet, and so is its way back by %s',
  async (mode) => {
    const phone = await site.visit(PHONE, 'both');
    phone.page.setDefaultTimeout(30_000);
    await phone.page.goto(authorize({ response_mode: mode }));
    await phone.page.getByRole('link', { name: 'Sign in on this device' }).click();
    await phone.page.locator('input[name="name"]:visible').fill('ada');
    await phone.page.keyboard.press('Enter');
    await phone.page.locator('[data-do="continue"]').click();
    await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
    await phone.page.waitForURL((url) => url.href.startsWith(site.shop.redirectUri));
    expect(new URL(phone.page.url()).searchParams.has('code')).toBe(mode === 'query');
    expectQuiet(phone);
  },
);

test('the sign-in page works in a frame of its client’s, and in no other', async () => {
  const frame = `<iframe src="${authorize()}"></iframe>`;
  const policy = { 'Content-Security-Policy': `frame-src ${site.gateway.url}` };
  const framed = await site.open(frame, { headers: policy });
  const inside = framed.page.frameLocator('iframe');
  await inside.locator('[data-status="pending"][data-drawn="true"]').waitFor();
  await inside.getByRole('button', { name: 'Cancel' }).click();
  await inside.getByText('Taking you back').waitFor();
  expect(framed.complaints.filter((line) => !/favicon|\/icon/.test(line))).toEqual([]);

  const port = new URL(site.shop.url).port;
  const stranger = await site.open(frame, { headers: policy, origin: `http://localhost:${port}` });
  await until(() => stranger.complaints.join().includes('frame-ancestors'), { what: 'the report' });
  expect(await stranger.page.frameLocator('iframe').locator('#sign-in').count()).toBe(0);
});

async function settled(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('h1').first().waitFor({ state: 'attached' });
}
