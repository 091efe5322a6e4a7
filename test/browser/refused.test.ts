import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { freePort } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { scanAs } from './phone.ts';
import { awaitQrCode, keepScreenshot } from './screen.ts';
import { PHONE, visit } from './visit.ts';
import type { Visit } from './visit.ts';

let browser: Browser;
let folder: TemporaryFolder;
let gateway: Gateway;
let addressOf: (clientId: string) => string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const port = await freePort();
  const callback = `http://localhost:${port}/livez`;
  const file = join(folder.path, 'clients.json');
  const hasty = { ticket_life: 'PT6S', ticket_life_max: 'PT2M' };
  const clients = [
    { client_id: 'shop', redirect_uris: [callback] },
    { client_id: 'hasty', redirect_uris: [callback], scangate: hasty },
  ];
  writeFileSync(file, JSON.stringify(clients));
  gateway = await startGateway({ port, env: { SCANGATE_CLIENTS_FILE: file } });
  const query = new URLSearchParams({
    redirect_uri: callback,
    response_type: 'code',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    state: 'deep/link',
  });
  addressOf = (clientId) => `${gateway.url}/oauth/authorize?client_id=${clientId}&${query.toString()}`;
  browser = await startChromium();
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await folder.remove();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without';
  const endings = ['denied', 'expired', ...(javaScriptEnabled ? ['cancelled'] : [])];
  test.each(endings)(`%s, the page says so and takes the user back, ${how} JavaScript`, async (ending) => {
    const screen = await visit(browser, [gateway.url], { javaScriptEnabled });
    let phone: Visit | undefined;
    try {
      await screen.page.goto(addressOf(ending === 'expired' ? 'hasty' : 'shop'));
      if (!javaScriptEnabled) await screen.page.locator('noscript a, a[href^="/plain"]').first().click();
      const code = await awaitQrCode(screen.page);
      if (ending === 'denied') {
        phone = await visit(browser, [gateway.url], PHONE);
        await scanAs(phone.page, code, 'ada');
        await phone.page.locator('[data-do="deny"]').click();
      }
      if (ending === 'cancelled') await screen.page.getByRole('button', { name: 'Cancel' }).click();
      await screen.page.getByText('Taking you back').waitFor();
      await keepScreenshot(screen.page, `going-back-${ending}-${how}`);
      expect(screen.complaints).toEqual([]);
      await screen.page.waitForURL(/\/livez\?error=access_denied&/);
      const { searchParams } = new URL(screen.page.url());
      expect([searchParams.get('state'), searchParams.get('iss')]).toEqual(['deep/link', gateway.url]);
      expect(screen.strays).toEqual([]);
    } finally {
      await screen.close();
      await phone?.close();
    }
  });
}

test('who asks for a new code in time stays, and another page of the gateway goes nowhere', async () => {
  const screen = await visit(browser, [gateway.url]);
  try {
    for (const [from, wish] of [
      [addressOf('shop'), true],
      [gateway.url, false],
    ] as const) {
      await screen.page.goto(from);
      await awaitQrCode(screen.page);
      await screen.page.getByRole('button', { name: 'Cancel' }).click();
      await screen.page.locator('[data-status="cancelled"]').waitFor();
      if (wish) {
        await screen.page.getByText('Taking you back').waitFor();
        await screen.page.getByRole('button', { name: 'New code' }).click();
      }
      await screen.page.waitForTimeout(4000);
      expect(screen.page.url().startsWith(from)).toBe(true);
    }
  } finally {
    await screen.close();
  }
});
