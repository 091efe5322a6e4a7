import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
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
  const asking = { ...clients[0], client_id: 'asking', scangate: { accept: 'always' } };
  await writeFile(shop.clientsFile, JSON.stringify([...clients, asking]));
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

test.each([
  ['That’s me', 'code'],
  ['Not me', 'error'],
])('the gateway’s own page asks who signs in, and takes “%s”', async (answer, parameter) => {
  shop.serve(gateway.url, '');
  const screen = await visit(browser, [shop.url, gateway.url]);
  const phone = await visit(browser, [gateway.url], PHONE);
  const query = new URLSearchParams({
    client_id: 'asking',
    redirect_uri: shop.redirectUri,
    response_type: 'code',
    code_challenge: s256('v'.repeat(43)),
    code_challenge_method: 'S256',
  });
  await screen.page.goto(`${gateway.url}/oauth/authorize?${query.toString()}`);
  await approveAs(phone.page, await awaitQrCode(screen.page), 'mallory');
  await screen.page.getByText('Is this you?').waitFor();
  expect(await screen.page.getByText('mallory').count()).toBeGreaterThan(0);
  await screen.page.getByRole('button', { name: answer, exact: true }).click();
  await screen.page.waitForURL((url) => url.href.startsWith(`${shop.redirectUri}?`));
  expect(new URL(screen.page.url()).searchParams.get(parameter)).toMatch(/./);
  expect(screen.complaints).toEqual([]);
  await screen.close();
  await phone.close();
});
