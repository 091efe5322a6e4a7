import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { LANGUAGES } from '../../src/http/pages/language.ts';
import { textsFor } from '../../src/web/client/languages/choice.ts';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { axeOn } from './axe.ts';
import { openAs } from './phone.ts';
import { awaitQrCode, keepScreenshot } from './screen.ts';
import { PHONE, visit } from './visit.ts';
import type { Visit } from './visit.ts';

let browser: Browser;
let gateway: Gateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  const file = join(folder.path, 'clients.json');
  await writeFile(file, JSON.stringify([ASKING]));
  const env = { SCANGATE_CLIENTS_FILE: file, ...(LONG ? LIVES : {}) };
  [browser, gateway] = await Promise.all([startChromium(), startGateway({ env })]);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await folder.remove();
});

/** A page's own reload of a browser without JavaScript: there is no other way to tell the outcome there. */
const EXEMPT = ['meta-refresh'];

/** `npm run looks` looks at every page in every language, light and dark, at every width. */
const LONG = process.env['SCANGATE_TEST_LONG'] !== undefined;
const LOCALES = LONG ? LANGUAGES : (['en'] as const);
const WIDTHS = LONG ? [1280, 390, 320] : [320];
const WITHIN_MS = LONG ? 900_000 : 180_000;
/** Long enough to look at everything before a ticket ends. */
const LIVES = {
  SCANGATE_TICKET_LIFE: 'PT30M',
  SCANGATE_DECISION_TIME: 'PT30M',
  SCANGATE_TICKET_LIFE_MAX: 'PT1H',
};

const BACK = 'https://application.example/back';
/** A client that asks for all that it may, with colours of its own. */
const ASKING = {
  client_id: 'asking',
  client_name: 'An application with a rather long name',
  redirect_uris: [BACK],
  scope: 'openid profile offline_access',
  scangate: { accept: 'always', number_match: true, colors: { light: '#7a1fa2', dark: '#e0b0ff' } },
};
const ASKED = {
  client_id: 'asking',
  redirect_uri: BACK,
  response_type: 'code',
  code_challenge: 'c'.repeat(43),
  code_challenge_method: 'S256',
};

/** Looks at a page as it is, light and dark: axe finds nothing, and nothing is cut or runs out at the side. */
async function inspect(page: Page, name: string): Promise<void> {
  const wide = page.viewportSize() ?? { width: 760, height: 720 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(TWO_FRAMES);
    if (!LONG) await look(page, name, colorScheme, colorScheme);
    else
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        await look(page, name, colorScheme, `${colorScheme}-${width}`);
      }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 640 });
    expect([name, width, await page.evaluate(CUT)]).toEqual([name, width, []]);
  }
  await page.setViewportSize(wide);
}

async function look(page: Page, name: string, scheme: 'light' | 'dark', kept: string): Promise<void> {
  const axe = axeOn(page);
  // Nothing but its colours makes a page darker.
  const { violations } = await (
    scheme === 'light' ? axe.disableRules(EXEMPT) : axe.withRules('color-contrast')
  ).analyze();
  expect(violations.map(({ id, nodes }) => `${name}, ${kept}: ${id} at ${nodes[0]?.html}`)).toEqual([]);
  await keepScreenshot(page, `${name}-${kept}`);
}

/** The element hears of the system's theme as the next frame begins, and draws itself in it. */
const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

/** What is wider than its place, or than the window. */
const CUT = `(() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
  const texts = [...document.querySelectorAll('h1, p, dt, dd, label, summary, .button, .badge')];
  return wide.concat(texts.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .map((one) => one.outerHTML.slice(0, 120)));
})()`;

/** Takes the pages' own reload out of what this page gets, so that it stays while it is looked at. */
async function holdStill(page: Page): Promise<void> {
  await page.route('**/page', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, '');
    await route.fulfill({ response, body });
  });
}

/** Runs with a screen and a phone of their own. */
async function withBoth(locale: string, run: (screen: Page, phone: Page) => Promise<void>): Promise<void> {
  const both: Visit[] = [
    await visit(browser, [gateway.url], { locale }),
    await visit(browser, [gateway.url], { ...PHONE, locale }),
  ];
  try {
    await run(both[0]!.page, both[1]!.page);
  } finally {
    for (const one of both) await one.close();
  }
}

const click = (page: Page, what: string): Promise<void> => page.locator(`[data-do="${what}"]`).click();
const view = (page: Page, name: string): Promise<void> => page.locator(`[data-view="${name}"]`).waitFor();
const status = (page: Page, name: string): Promise<void> => page.locator(`[data-status="${name}"]`).waitFor();

for (const locale of LOCALES) {
  test(
    `every stage of an approved sign-in looks right in ${locale}`,
    async () => {
      await withBoth(locale, async (screen, phone) => {
        await screen.goto(gateway.url);
        const address = await awaitQrCode(screen);
        await inspect(screen, `${locale}-screen-1-pending`);
        await phone.goto(address);
        await inspect(phone, `${locale}-phone-1-who`);
        await openAs(phone, address, 'ada');
        await inspect(phone, `${locale}-phone-2-continue`);
        await click(phone, 'continue');
        await view(phone, 'ask');
        await status(screen, 'scanned');
        await inspect(phone, `${locale}-phone-3-ask`);
        await inspect(screen, `${locale}-screen-2-scanned`);
        await phone.locator('[data-do="confirm"] [type="submit"]').click();
        await view(phone, 'confirmed');
        await view(screen, 'done');
        await inspect(phone, `${locale}-phone-4-confirmed`);
        await inspect(screen, `${locale}-screen-3-signed-in`);
        await screen.reload();
        await view(screen, 'problem');
        await inspect(screen, `${locale}-screen-4-nothing-to-redeem`);
        // As another tab, which knows of no outcome.
        await phone.evaluate('sessionStorage.clear()');
        await phone.goto(address);
        await click(phone, 'continue');
        await view(phone, 'problem');
        await inspect(phone, `${locale}-phone-5-problem`);
      });
    },
    WITHIN_MS,
  );
}

test.each(LOCALES)(
  'every stage of a denied sign-in looks right in %s',
  async (locale) => {
    const { renew, cancel } = textsFor(locale);
    await withBoth(locale, async (screen, phone) => {
      await screen.goto(gateway.url);
      const first = await awaitQrCode(screen);
      await openAs(phone, first, 'ada');
      await click(phone, 'continue');
      await view(phone, 'ask');
      await phone.locator('[data-report]').check();
      await click(phone, 'deny');
      await view(phone, 'denied');
      await inspect(phone, `${locale}-denied-phone`);
      await status(screen, 'denied');
      await inspect(screen, `${locale}-denied-screen`);
      await screen.getByRole('button', { name: renew }).click();
      expect(await awaitQrCode(screen)).not.toBe(first);
      await screen.getByRole('button', { name: cancel }).click();
      await status(screen, 'cancelled');
      await inspect(screen, `${locale}-cancelled-screen`);
    });
  },
  WITHIN_MS,
);

test.each(LOCALES)(
  'the pages that stand alone look right in %s',
  async (locale) => {
    await withBoth(locale, async (screen, phone) => {
      await phone.goto(`${gateway.url}/device`);
      await inspect(phone, `${locale}-device-who`);
      await phone.locator('input[name="name"]').fill('ada');
      await phone.keyboard.press('Enter');
      await view(phone, 'enter');
      await inspect(phone, `${locale}-device-enter`);
      await screen.goto(`${gateway.url}/oauth/authorize?client_id=nobody&response_type=code`);
      await inspect(screen, `${locale}-problem-authorize`);
      await screen.goto(`${gateway.url}/s/nothing-here`);
      await inspect(screen, `${locale}-problem-unknown-code`);
      await screen.goto(`${gateway.url}/oauth/logout`);
      await inspect(screen, `${locale}-signed-out`);
    });
  },
  WITHIN_MS,
);

test.each(LOCALES)(
  'the pages without JavaScript look right in %s',
  async (locale) => {
    await withBoth(locale, async (screen, phone) => {
      await holdStill(screen);
      const options = { javaScriptEnabled: false, locale } as const;
      const { page, context, close } = await visit(browser, [gateway.url], options);
      try {
        await page.goto(gateway.url);
        await page.waitForURL((url) => url.pathname !== '/');
        await screen.context().addCookies(await context.cookies());
        await openAs(phone, await awaitQrCode(page), 'ada');
        await screen.goto(page.url());
        await inspect(screen, `${locale}-plain-1-pending`);
        await click(phone, 'continue');
        await view(phone, 'ask');
        await screen.goto(page.url());
        await inspect(screen, `${locale}-plain-2-scanned`);
        await click(phone, 'deny');
        await view(phone, 'denied');
        await screen.goto(page.url());
        await inspect(screen, `${locale}-plain-3-denied`);
      } finally {
        await close();
      }
    });
  },
  WITHIN_MS,
);

/** A number, a browser that is asked, and an old sign-in on the phone: a short run looks at nothing of these. */
for (const locale of LONG ? LANGUAGES : [])
  test(
    `every stage of a sign-in that asks looks right in ${locale}`,
    async () => {
      const ask = (more: object): string =>
        `${gateway.url}/oauth/authorize?${new URLSearchParams({ ...ASKED, ...more }).toString()}`;
      await withBoth(locale, async (screen, phone) => {
        await screen.goto(ask({}));
        await openAs(phone, await awaitQrCode(screen), 'ada');
        await click(phone, 'continue');
        await view(phone, 'ask');
        await status(screen, 'scanned');
        await inspect(screen, `${locale}-asking-screen-1-number`);
        await phone.locator('#number').fill('x');
        await phone.locator('[data-do="confirm"] [type="submit"]').click();
        await phone.locator('[data-show="number-wrong"]').waitFor();
        await inspect(phone, `${locale}-asking-phone-1-number`);
        const shown = await screen.locator('[part="number"]').textContent();
        await phone.locator('#number').fill(shown ?? '');
        await phone.locator('[data-do="confirm"] [type="submit"]').click();
        await view(phone, 'confirmed');
        await status(screen, 'asking');
        await inspect(screen, `${locale}-asking-screen-2-who`);
        await screen.goto(ask({ prompt: 'login' }));
        await phone.goto(await awaitQrCode(screen));
        await click(phone, 'continue');
        await view(phone, 'fresh');
        await inspect(phone, `${locale}-asking-phone-2-fresh`);
      });
    },
    WITHIN_MS,
  );
