import { expect, test } from '@jest/globals';
import { expectStatus } from '../../support/call.ts';
import { confirm, redeem, s256, scan } from '../../support/signin.ts';
import { within } from '../../support/until.ts';
import { scanAs } from '../phone.ts';
import { site } from './site.ts';
import { awaitQrCode, keepScreenshot } from '../screen.ts';
import { PHONE } from '../visit.ts';
import type { Visit } from '../visit.ts';

/** What the page was given, as it says so itself. */
interface Given {
  readonly code: string;
  readonly state?: string;
  readonly verifier: string;
}

/** Signs in on the shop's page, whose number the phone, an app, has to enter. */
async function signInAtShop(
  body: string,
  name: string,
): Promise<{ given: Given; screen: Visit; at: string }> {
  site.shop.serve(site.gateway.url, body);
  const screen = await site.visit({}, 'both');
  let told: (given: Given) => void = () => {};
  const given = new Promise<Given>((resolve) => (told = resolve));
  await screen.page.exposeFunction('tellTest', (text: string) => told(JSON.parse(text) as Given));
  await screen.page.goto(site.shop.url);
  const scanCode = new URL(await awaitQrCode(screen.page)).pathname.slice('/s/'.length);
  const scanned = expectStatus(await scan(site.gateway.url, scanCode, 'ada'), 201);
  const shown = screen.page.locator('.scangate-number');
  await shown.filter({ hasText: /^\d\d$/ }).waitFor();
  await keepScreenshot(screen.page, `${name}-number`);
  const number = (await shown.textContent()) ?? '';
  expectStatus(await confirm(site.gateway.url, scanned, 'ada', { number }), 200);
  const result = await within(given, 30_000, 'the result on the page');
  expect({ complaints: screen.complaints, strays: screen.strays }).toEqual({ complaints: [], strays: [] });
  return { given: result, screen, at: screen.page.url() };
}

async function expectTokens({ code, verifier }: Given): Promise<void> {
  const ticket = { clientId: site.shop.clientId, redirectUri: site.shop.redirectUri, verifier };
  const { status, body } = await redeem(site.gateway.url, ticket, code);
  expect([status, body.token_type]).toEqual([200, 'Bearer']);
}

test('the classic script completes a sign-in on the page of another site', async () => {
  const { given, at } = await signInAtShop(
    `<div id="here"></div><script src="${site.gateway.url}/assets/client.js"></script>
     <script nonce="shop">
       Scangate.render(document.getElementById('here'), {
         gateway: '${site.gateway.url}', clientId: 'shop', redirectUri: '${site.shop.redirectUri}', state: 's1', scope: 'openid',
         onResult: function (result, verifier) {
           tellTest(JSON.stringify({ code: result.code, state: result.state, verifier: verifier }));
         }
       });
     </script>`,
    'shop-render',
  );
  expect(given.state).toBe('s1');
  expect(at).toBe(`${site.shop.url}/`);
  await expectTokens(given);
});

test('the element completes a sign-in on the page of another site, by the module', async () => {
  const { given } = await signInAtShop(
    `<scan-login client-id="shop" gateway="${site.gateway.url}" redirect-uri="${site.shop.redirectUri}" state="s2"></scan-login>
     <script type="module" src="${site.gateway.url}/assets/client.mjs"></script>
     <script nonce="shop">
       document.addEventListener('scangate-result', function (event) {
         event.preventDefault();
         var detail = event.detail;
         tellTest(JSON.stringify({ code: detail.result.code, state: detail.result.state, verifier: detail.verifier }));
       });
     </script>`,
    'shop-element',
  );
  expect(given.state).toBe('s2');
  await expectTokens(given);
});

for (const way of ['socket', 'events', 'poll', 'ask']) {
  test(`another site's page can wait over ${way} alone`, async () => {
    const { given } = await signInAtShop(
      `<div id="here"></div><script src="${site.gateway.url}/assets/client.js"></script>
       <script nonce="shop">
         Scangate.render(document.getElementById('here'), {
           gateway: '${site.gateway.url}', clientId: 'shop', redirectUri: '${site.shop.redirectUri}', transports: ['${way}'],
           onResult: function (result, verifier) {
             tellTest(JSON.stringify({ code: result.code, verifier: verifier }));
           }
         });
       </script>`,
      `shop-${way}`,
    );
    await expectTokens(given);
  });
}

test('an authorization request shows the code for another site, and ends on its redirect address', async () => {
  site.shop.serve(site.gateway.url, '');
  const screen = await site.visit({}, 'both');
  const phone = await site.visit(PHONE);
  const verifier = 'v'.repeat(43);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: site.shop.clientId,
    redirect_uri: site.shop.redirectUri,
    scope: 'openid',
    state: 's3',
    code_challenge: s256(verifier),
    code_challenge_method: 'S256',
  });
  await screen.page.goto(site.shop.url);
  await screen.page.evaluate(`location.assign('${site.gateway.url}/oauth/authorize?${query.toString()}')`);
  await screen.page.waitForURL(`${site.gateway.url}/**`);
  const address = await awaitQrCode(screen.page);
  await keepScreenshot(screen.page, 'shop-authorize');
  await scanAs(phone.page, address, 'ada');
  const number = screen.page.locator('.scangate-number');
  await phone.page.locator('#number').fill('00');
  await number.filter({ hasText: /^\d\d$/ }).waitFor();
  if ((await number.textContent()) !== '00') {
    await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
    await phone.page.locator('#number-wrong').waitFor();
    await keepScreenshot(phone.page, 'shop-phone-wrong-number');
  }
  await phone.page.locator('#number').fill((await number.textContent()) ?? '');
  await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
  await screen.page.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  const answer = new URL(screen.page.url()).searchParams;
  expect([answer.get('state'), answer.get('iss')]).toEqual(['s3', site.gateway.url]);
  await expectTokens({ code: answer.get('code') ?? '', verifier });
  expect(screen.strays).toEqual([]);
});

test('a page of a site that nobody registered is refused', async () => {
  site.shop.serve(
    site.gateway.url,
    `<div id="here"></div><script src="${site.gateway.url}/assets/client.js"></script>
     <script nonce="shop">
       Scangate.render(document.getElementById('here'), { gateway: '${site.gateway.url}', clientId: 'shop' });
     </script>`,
  );
  const screen = await site.visit({}, 'both');
  await screen.page.goto(site.shop.url.replace('127.0.0.1', 'localhost'));
  await screen.page.getByText('does not know pages of http://localhost:').waitFor();
  expect(screen.complaints.join()).toContain('CORS');
});
