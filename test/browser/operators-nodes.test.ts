import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { freePorts } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { rounds } from '../support/random.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';
import { keepScreenshot } from './screen.ts';
import { visit } from './visit.ts';

/** Nodes with a page, beside one without. */
const PAGES = rounds(1, 2);

let browser: Browser;
let stores: SentinelTopology;
let pages: readonly Page[];
let withoutPage: Gateway;
const gateways: Gateway[] = [];

async function start(page?: number): Promise<Gateway> {
  const gateway = await startGateway({
    env: {
      SCANGATE_STORE: stores.url,
      SCANGATE_CANARY_PERIOD: 'PT0.3S',
      SCANGATE_ADMIN_LISTEN: page === undefined ? 'off' : `127.0.0.1:${page}`,
    },
  });
  gateways.push(gateway);
  return gateway;
}

async function open(port: number): Promise<Page> {
  const at = `http://127.0.0.1:${port}`;
  const { page } = await visit(browser, [at], { viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.goto(at);
  return page;
}

beforeAll(async () => {
  [browser, stores] = await Promise.all([startChromium(), startSentinelTopology()]);
  const ports = await freePorts(PAGES);
  [withoutPage] = await Promise.all([start(), ...ports.map(start)]);
  pages = await Promise.all(ports.map(open));
});

afterAll(async () => {
  await browser?.close();
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await stores?.stop();
});

/** Waits until each page has this many such elements. */
async function eachHas(selector: string, count: number): Promise<void> {
  const has = async (): Promise<boolean> => {
    const counts = await Promise.all(pages.map((page) => page.locator(selector).count()));
    return counts.every((one) => one === count);
  };
  await until(has, { everyMs: 50, what: `${count} × ${selector} on each page` });
}

async function eachReads(selector: string, text: string): Promise<void> {
  await Promise.all(pages.map((page) => page.locator(selector, { hasText: text }).first().waitFor()));
}

test('each page lists all nodes with their figures, also one without a page', async () => {
  await eachHas('#nodes tr', PAGES + 1);
  await eachHas('#nodes .pill.ready', PAGES + 1);
  await signIn(withoutPage.url);
  const row = pages.map((page) => page.locator('#nodes tr', { hasText: `:${withoutPage.port}` }));
  await Promise.all(row.map((one) => one.locator('td:nth-of-type(3)', { hasText: /^1$/ }).waitFor()));
  await eachReads('#nodes th', 'no page');
  await eachReads('#funnel-scope', `counted by the ${PAGES + 1} nodes`);
  await eachReads('#funnel li:last-child .count', '1');
});

test('each tells of a failover as it happens, and counts on', async () => {
  const master = await stores.master();
  await master.kill();
  await eachReads('#bulletins .bad', 'An outage began: store');
  await eachReads('#bulletins .bad', 'The store has another history than before');
  await eachReads('#bulletins .good', 'Dealt with a failover');
  await eachReads('#bulletins .good', 'An outage is over: store');
  await eachHas('#nodes .pill.ready', PAGES + 1);
  await signIn(withoutPage.url);
  const row = pages.map((page) => page.locator('#nodes tr', { hasText: `:${withoutPage.port}` }));
  await Promise.all(row.map((one) => one.locator('td:nth-of-type(3)', { hasText: /^2$/ }).waitFor()));
  await keepScreenshot(pages[0]!, 'operators-failover');
  expect(await pages.at(-1)!.locator('#store', { hasText: 'Redis behind Sentinels' }).count()).toBe(1);
});

test('a node that leaves is not listed any longer', async () => {
  expect((await withoutPage.stop()).code).toBe(0);
  await eachHas('#nodes tr', PAGES);
});
