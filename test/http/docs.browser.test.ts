import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
let browser: Browser;
beforeAll(async () => {
  edge = await startEdge();
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await edge.stop();
});

test('the documentation is readable under its own policy, and asks no other host', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).host);
  });
  await page.goto(`${edge.url}/docs`);
  await page.getByText('Mint a ticket').first().waitFor();
  await page.getByText('Mint a ticket').first().click();
  await page.getByText('Try it out').first().waitFor();
  const ground = (): Promise<string> =>
    page.evaluate(
      "getComputedStyle(document.documentElement).colorScheme + ' ' + getComputedStyle(document.querySelector('.swagger-ui')).backgroundColor",
    );
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html.dark-mode').waitFor();
  expect(await ground()).toBe('dark rgb(28, 32, 34)');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('html:not(.dark-mode)').waitFor();
  expect([...hosts]).toEqual([new URL(edge.url).host]);
  expect(complaints).toEqual([]);
});
