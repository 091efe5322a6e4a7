import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { writePlaces } from '../support/places.ts';
import { mint } from '../support/signin.ts';
import { openAs } from './phone.ts';
import { PHONE, visit } from './visit.ts';
import type { Visit } from './visit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let gateway: Gateway;
let browser: Browser;
const visits: Visit[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const [clients, places] = [join(folder.path, 'clients.json'), join(folder.path, 'places.mmdb')];
  const registered = (['match', 'refuse'] as const).map((outcome) => ({
    client_id: outcome,
    redirect_uris: ['https://shop.example/back'],
    scangate: { risk: { other_country: outcome } },
  }));
  await writeFile(clients, JSON.stringify(registered));
  await writePlaces(places, {
    '198.51.100.0/24': { country: 'FR', city: 'Lyon' },
    '203.0.113.0/24': { country: 'DE', city: 'Berlin' },
  });
  const env = {
    SCANGATE_CLIENTS_FILE: clients,
    SCANGATE_PLACES_FILE: places,
    SCANGATE_TRUSTED_PROXIES: '127.0.0.1,::1',
  };
  [browser, gateway] = await Promise.all([startChromium(), startGateway({ env })]);
});
afterEach(async () => {
  for (const one of visits.splice(0)) await one.close();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await folder?.remove();
});

/** A phone in Berlin that has scanned a code of Lyon. */
async function scannedInBerlin(clientId: string, locale: string): Promise<Page> {
  const headers = { 'x-forwarded-for': '198.51.100.66' };
  const ticket = await mint(gateway.url, { clientId, redirectUri: undefined, headers });
  const extraHTTPHeaders = { 'x-forwarded-for': '203.0.113.7' };
  const phone = await visit(browser, [gateway.url], { ...PHONE, locale, extraHTTPHeaders });
  visits.push(phone);
  await openAs(phone.page, ticket.notice.scan?.url ?? '', 'ada');
  await phone.page.locator('[data-do="continue"]').click();
  return phone.page;
}

test('the approval page says where from, why to look twice, and asks for the number', async () => {
  const phone = await scannedInBerlin('match', 'de');
  const asks = phone.locator('[data-view="ask"]');
  await phone.locator('#number').waitFor();
  expect(await asks.locator('[data-fill="place"]').innerText()).toBe('Lyon, Frankreich');
  expect(await asks.locator('ul.signs li').allInnerTexts()).toEqual([
    'Der andere Bildschirm ist in einem anderen Land als dieses Telefon.',
  ]);
});

test('the warning is seen where Confirm is, on a small phone, too', async () => {
  const phone = await scannedInBerlin('match', 'de');
  await phone.setViewportSize({ width: 390, height: 664 });
  await phone.locator('#number').waitFor();
  const [warning, bar] = await Promise.all([
    phone.locator('[data-view="ask"] .warning').boundingBox(),
    phone.locator('.decide').boundingBox(),
  ]);
  expect(warning?.y).toBeGreaterThanOrEqual(0);
  expect((warning?.y ?? 0) + (warning?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
});

test('what is refused is said to be, with where from and why, and there is nothing to confirm', async () => {
  const phone = await scannedInBerlin('refuse', 'en');
  const refused = phone.locator('[data-view="refused"]');
  await refused.waitFor();
  expect(await refused.locator('[data-fill="place"]').innerText()).toBe('Lyon, France');
  expect(await refused.locator('ul.signs li').allInnerTexts()).toEqual([
    'The other screen is in another country than this phone.',
  ]);
  expect(await phone.locator('button:visible').allInnerTexts()).toEqual([]);
});
