import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { call } from '../support/call.ts';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { s256 } from '../support/signin.ts';
import { approveAs } from './phone.ts';
import { awaitQrCode } from './screen.ts';
import { openShop } from './shop.ts';
import type { Shop } from './shop.ts';
import { PHONE, visit } from './visit.ts';

let browser: Browser;
let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  shop = await openShop();
  const clients = JSON.parse(await readFile(shop.clientsFile, 'utf8')) as object[];
  const sealed = { ...clients[0], client_id: 'sealed', scangate: { sealed_results: true } };
  await writeFile(shop.clientsFile, JSON.stringify([...clients, sealed]));
  [browser, gateway] = await Promise.all([
    startChromium(),
    startGateway({ env: { SCANGATE_CLIENTS_FILE: shop.clientsFile } }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await shop?.stop();
});

/** What stands in for a thief: the bearer of the ticket that the page mints, as it goes over the wire. */
async function stolenBearer(page: Page): Promise<{ readonly self: string; readonly bearer: string }> {
  const minting = await page.waitForResponse(
    (response) => response.request().method() === 'POST' && response.url().endsWith('/v1/tickets'),
  );
  const body = (await minting.json()) as { links: { self: string }; browser_secret: string };
  return { self: body.links.self, bearer: body.browser_secret };
}

test('<scan-login sealed> opens with its own key what the bearer alone does not tell', async () => {
  shop.serve(
    gateway.url,
    `<script type="module" src="${gateway.url}/assets/client.mjs"></script>
     <scan-login sealed client-id="sealed" redirect-uri="${shop.redirectUri}" state="s1"></scan-login>`,
  );
  const screen = await visit(browser, [shop.url, gateway.url]);
  const phone = await visit(browser, [gateway.url], PHONE);
  const stolen = stolenBearer(screen.page);
  await screen.page.goto(shop.url);
  await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
  await screen.page.waitForURL((url) => url.href.startsWith(`${shop.redirectUri}?`));
  const at = new URL(screen.page.url()).searchParams;
  expect(at.get('state')).toBe('s1');
  expect(at.get('code')).toMatch(/./);
  const { self, bearer } = await stolen;
  const told = await call(self, { headers: { authorization: `Bearer ${bearer}` } });
  expect(told.body).toMatchObject({ status: 'confirmed', sealed: expect.any(String) });
  expect(told.text).not.toContain(at.get('code'));
  expect(screen.complaints).toEqual([]);
  await screen.close();
  await phone.close();
});

test('the gateway’s own page seals for a client that demands it', async () => {
  const screen = await visit(browser, [shop.url, gateway.url]);
  const phone = await visit(browser, [gateway.url], PHONE);
  shop.serve(gateway.url, '');
  const query = new URLSearchParams({
    client_id: 'sealed',
    redirect_uri: shop.redirectUri,
    response_type: 'code',
    code_challenge: s256('v'.repeat(43)),
    code_challenge_method: 'S256',
  });
  await screen.page.goto(`${gateway.url}/oauth/authorize?${query.toString()}`);
  await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
  await screen.page.waitForURL((url) => url.href.startsWith(`${shop.redirectUri}?`));
  expect(new URL(screen.page.url()).searchParams.get('code')).toMatch(/./);
  expect(screen.complaints).toEqual([]);
  await screen.close();
  await phone.close();
});
