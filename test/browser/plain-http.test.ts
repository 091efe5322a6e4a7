import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { freePort } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { scanAs } from './phone.ts';
import { awaitQrCode, keepScreenshot } from './screen.ts';
import { PHONE, visit } from './visit.ts';

const LAN_ADDRESS = '192.168.77.7';
let browser: Browser;
let gateway: Gateway;
let publicUrl: string;

beforeAll(async () => {
  const port = await freePort();
  publicUrl = `http://${LAN_ADDRESS}:${port}`;
  const env = { SCANGATE_PUBLIC_URL: publicUrl, SCANGATE_LIMITS: 'on' };
  [browser, gateway] = await Promise.all([
    startChromium(`--host-resolver-rules=MAP ${LAN_ADDRESS} 127.0.0.1`),
    startGateway({ port, env }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without';
  test(`a sign-in on a private address over plain http completes ${how} JavaScript`, async () => {
    const screen = await visit(browser, [publicUrl], { javaScriptEnabled });
    const phone = await visit(browser, [publicUrl], PHONE);
    try {
      await screen.page.goto(publicUrl);
      const address = await awaitQrCode(screen.page);
      expect(address.startsWith(`${publicUrl}/s/`)).toBe(true);
      await scanAs(phone.page, address, 'ada');
      await screen.page.getByText('Look at your phone').waitFor();
      await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
      await screen.page.locator('.subject:visible').waitFor();
      expect(await screen.page.locator('.subject').textContent()).toBe('ada');
      await keepScreenshot(screen.page, `plain-http-${how}`);
      expect([screen.complaints, screen.strays, phone.complaints, phone.strays]).toEqual([[], [], [], []]);
    } finally {
      await screen.close();
      await phone.close();
    }
  });
}
