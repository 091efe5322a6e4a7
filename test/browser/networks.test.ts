import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { rounds } from '../support/random.ts';
import { confirm, scan } from '../support/signin.ts';
import { expectStatus } from '../support/call.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { startMiddlebox } from './middlebox.ts';
import type { Middlebox } from './middlebox.ts';
import { awaitQrCode } from './screen.ts';
import { visit } from './visit.ts';
import type { Visit } from './visit.ts';

let browser: Browser;
let box: Middlebox;
/** Its public address is the middlebox before it. */
let gateway: WarmGateway;
let warm: Warm;

beforeAll(async () => {
  box = await startMiddlebox();
  warm = startWarm();
  const env = { SCANGATE_PUBLIC_URL: box.url };
  [browser, gateway] = await Promise.all([startChromium(), warm.gateway(env)]);
  box.target(gateway.port);
});

afterAll(async () => {
  await browser?.close();
  await box?.stop();
  await warm?.stop();
});

/** A screen of its own, behind a box that lets everything through until it is told otherwise. */
async function behindMiddlebox(run: (screen: Visit) => Promise<void>): Promise<void> {
  box.treat({ sockets: 'pass', streams: 'pass' });
  box.outage(false);
  box.asked.length = 0;
  const screen = await visit(browser, [box.url]);
  try {
    await run(screen);
  } finally {
    await screen.close();
  }
}

const codeOf = (address: string): string => new URL(address).pathname.slice('/s/'.length);

/** A phone whose network is sound approves what the screen shows; the address it reads is the screen's. */
async function approve(address: string): Promise<void> {
  const scanned = expectStatus(await scan(gateway.url, codeOf(address), 'ada'), 201);
  expectStatus(await confirm(gateway.url, scanned, 'ada'), 200);
}

/** Waits for the outcome, and says how long it took since `startMs`. */
async function outcome(page: Page, what: string, startMs: number, withinMs: number): Promise<number> {
  await page.locator('[data-view="done"]').waitFor({ timeout: withinMs });
  const seconds = (performance.now() - startMs) / 1000;
  console.log(`${what}: the outcome after ${seconds.toFixed(1)} s`);
  return seconds;
}

const polls = (): number => box.asked.filter((path) => /\/poll\?/.test(path)).length;
const streams = (): number => box.asked.filter((path) => /\/events/.test(path)).length;

test('WebSocket blocked: the outcome comes over the event stream', async () => {
  await behindMiddlebox(async ({ page }) => {
    box.treat({ sockets: 'refuse' });
    await page.goto(box.url);
    const address = await awaitQrCode(page);
    await until(() => streams() > 0, { what: 'an event stream' });
    const startMs = performance.now();
    await approve(address);
    expect(await outcome(page, 'WebSocket blocked', startMs, 60_000)).toBeLessThan(25);
    expect(polls()).toBe(0);
  });
});

test('WebSocket and event stream blocked: the outcome comes by long-poll', async () => {
  await behindMiddlebox(async ({ page }) => {
    box.treat({ sockets: 'refuse', streams: 'refuse' });
    await page.goto(box.url);
    const address = await awaitQrCode(page);
    await until(() => polls() > 0, { what: 'a long-poll' });
    const startMs = performance.now();
    await approve(address);
    expect(await outcome(page, 'WebSocket and SSE blocked', startMs, 60_000)).toBeLessThan(25);
  });
});

test('a box that swallows sockets and streams from the first byte is noticed, and polled through', async () => {
  await behindMiddlebox(async ({ page }) => {
    box.treat({ sockets: 'swallow', streams: 'swallow' });
    await page.goto(box.url);
    const address = await awaitQrCode(page);
    const startMs = performance.now();
    await approve(address);
    expect(await outcome(page, 'sockets and streams swallowed', startMs, 60_000)).toBeLessThan(25);
  });
});

test('a box that keeps each piece until the next one comes is noticed', async () => {
  await behindMiddlebox(async ({ page }) => {
    box.treat({ sockets: 'one-behind', streams: 'one-behind' });
    await page.goto(box.url);
    const address = await awaitQrCode(page);
    const startMs = performance.now();
    await approve(address);
    expect(await outcome(page, 'one behind', startMs, 60_000)).toBeLessThan(25);
  });
});

const OUTAGE_MS = rounds(6, 20) * 1000;

test(`${OUTAGE_MS / 1000} s of 502 while the phone approves: the outcome comes afterwards`, async () => {
  await behindMiddlebox(async ({ page, strays }) => {
    await page.goto(box.url);
    const address = await awaitQrCode(page);
    box.outage(true);
    await page.getByText('Reconnecting').waitFor();
    await approve(address);
    await page.waitForTimeout(OUTAGE_MS);
    const startMs = performance.now();
    box.outage(false);
    expect(await outcome(page, `${OUTAGE_MS / 1000} s of 502`, startMs, 60_000)).toBeLessThan(25);
    expect(strays).toEqual([]);
  });
});

test('a connection that goes deaf while it waits is found out by the code that changes', async () => {
  const proxy = await startFaultProxy({ port: 1 });
  const env = { SCANGATE_PUBLIC_URL: proxy.url, SCANGATE_QR_PERIOD: `PT${rounds(6, 30)}S` };
  const turning = await warm.gateway(env);
  proxy.redirect(turning.port);
  const { page, close } = await visit(browser, [proxy.url]);
  try {
    await page.goto(proxy.url);
    const address = await awaitQrCode(page);
    await page.waitForTimeout(500);
    proxy.set('toClient', { kind: 'swallow' });
    const startMs = performance.now();
    const scanned = expectStatus(await scan(turning.url, codeOf(address), 'ada'), 201);
    await page.waitForTimeout(500);
    proxy.heal();
    await page.locator('[data-status="scanned"]').waitFor({ timeout: (rounds(6, 30) + 25) * 1000 });
    console.log(`deaf: the scan seen after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    await page.waitForTimeout(3500);
    const confirmedMs = performance.now();
    expectStatus(await confirm(turning.url, scanned, 'ada'), 200);
    expect(await outcome(page, 'deaf, then found out', confirmedMs, 60_000)).toBeLessThan(25);
  } finally {
    await close();
    await proxy.stop();
    await turning.stop();
  }
});

for (const sockets of (['refuse', 'pass'] as const).slice(0, rounds(1, 2))) {
  const how = sockets === 'pass' ? 'with WebSocket' : 'without WebSocket, the hidden six letting go';
  test(`seven tabs over HTTP/1.1 ${how}: the seventh reaches its outcome`, async () => {
    await behindMiddlebox(async ({ context, page }) => {
      box.treat({ sockets });
      // Playwright tells every tab that it is seen; a browser tells only the one in front.
      await context.addInitScript(`
        Object.defineProperty(document, 'hidden', { get: () => window.isBehind === true, configurable: true });
      `);
      const tabs = [page];
      await page.goto(box.url);
      await awaitQrCode(page);
      while (tabs.length < 7) {
        await page.waitForTimeout(300);
        await tabs.at(-1)!.evaluate(`
          window.isBehind = true;
          document.dispatchEvent(new Event('visibilitychange'));
        `);
        const next = await context.newPage();
        await next.goto(box.url);
        await next.locator('[data-drawn="true"]').waitFor();
        tabs.push(next);
      }
      const startMs = performance.now();
      await approve(await awaitQrCode(tabs[6]!));
      expect(await outcome(tabs[6]!, `seventh tab, sockets ${sockets}`, startMs, 60_000)).toBeLessThan(25);
      const firstMs = performance.now();
      await approve(await awaitQrCode(tabs[0]!));
      expect(await outcome(tabs[0]!, `first tab, sockets ${sockets}`, firstMs, 60_000)).toBeLessThan(25);
    });
  });
}
