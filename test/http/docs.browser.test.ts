import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
let browser: Browser;
beforeAll(async () => {
  const assetsFolder = fileURLToPath(new URL('../../src/web/pages', import.meta.url));
  edge = await startEdge({ over: { assetsFolder } });
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await edge.stop();
});

test('the documentation is readable under its own policy, and asks no other host', async () => {
  const page = await (await browser.newContext()).newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).host);
  });
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${edge.url}/docs`);
    const mint = page.locator('#mintTicket');
    await mint.getByText('Mint a ticket').click();
    await mint.getByText('client_id: string').waitFor();
    await mint.getByText('result_key?: ResultKey').waitFor();
    const axe = await new AxeBuilder({ page })
      .withRules(['color-contrast', 'link-name', 'duplicate-id'])
      .analyze();
    expect(axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
  expect([...hosts]).toEqual([new URL(edge.url).host]);
  expect(complaints).toEqual([]);
});
