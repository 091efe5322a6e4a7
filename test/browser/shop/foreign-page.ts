import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { redeem } from '../../support/signin.ts';
import { axeOn } from '../axe.ts';
import { scanAs } from '../phone.ts';
import { site } from './site.ts';
import type { OpenOptions } from '../foreign-site.ts';
import { awaitQrCode, keepScreenshot } from '../screen.ts';
import { PHONE } from '../visit.ts';
import type { Visit } from '../visit.ts';

const COEP = { 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** The tag as the README prints it, with the addresses of here. */
async function printedTag(): Promise<string> {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const printed = /```html\n([^`]*<scan-login[^`]*)```/.exec(readme)![1]!;
  return printed
    .replaceAll('https://scan.example.com', site.gateway.url)
    .replaceAll('https://shop.example.com/callback', site.shop.redirectUri);
}

const open = (body: string, more: OpenOptions = {}): Promise<Visit> =>
  site.open(body, { ...more, headers: { ...COEP, ...more.headers } });

const themeOf = (page: Page): Promise<string | null> =>
  page.locator('.scangate-box').getAttribute('data-theme');

test('the tag of the README signs in on a page with a strict policy, COEP and a dark system', async () => {
  const screen = await open(await printedTag(), { options: { colorScheme: 'dark' } });
  const { page } = screen;
  const phone = await site.visit(PHONE);
  const address = await awaitQrCode(page);
  await keepScreenshot(page, 'foreign-dark-system');
  const axe = await axeOn(page).withRules(['color-contrast', 'role-img-alt']).analyze();
  expect(axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await scanAs(phone.page, address, 'ada');
  const number = page.locator('.scangate-number');
  await number.filter({ hasText: /^\d\d$/ }).waitFor();
  await keepScreenshot(page, 'foreign-dark-system-number');
  await phone.page.locator('#number').fill((await number.textContent()) ?? '');
  await phone.page.locator('[data-do="confirm"] [type="submit"]').click();
  await page.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  const code = new URL(page.url()).searchParams.get('code') ?? '';
  const verifier = await page.evaluate<string>("Scangate.takeVerifier('')");
  const ticket = { clientId: site.shop.clientId, redirectUri: site.shop.redirectUri, verifier };
  expect((await redeem(site.gateway.url, ticket, code)).status).toBe(200);
  expect({ complaints: screen.complaints, strays: screen.strays }).toEqual({ complaints: [], strays: [] });
});

test('the element is as dark as the page says, or as its theme says', async () => {
  const { page } = await open(await printedTag(), { options: { colorScheme: 'dark' } });
  await awaitQrCode(page);
  expect(await themeOf(page)).toBe('light');
  await page.evaluate("document.documentElement.style.colorScheme = 'light dark'");
  await page.locator('[data-theme="dark"]').waitFor();
  await page.evaluate("document.documentElement.style.background = '#000'");
  await keepScreenshot(page, 'foreign-black-page');
  expect(await awaitQrCode(page)).toContain('/s/');
  const axe = await axeOn(page).include('scan-login').withRules('color-contrast').analyze();
  expect(axe.violations).toEqual([]);
  await page.evaluate("document.querySelector('scan-login').setAttribute('theme', 'light')");
  await page.evaluate("var tag = document.querySelector('scan-login'); tag.replaceWith(tag.cloneNode())");
  await page.locator('[data-theme="light"]').waitFor();
});

for (const file of ['client.js', 'client.mjs']) {
  test(`${file} says on a page and the console that nobody registered its origin`, async () => {
    const origin = site.shop.url.replace('127.0.0.1', 'localhost');
    const body = `<script type="${file === 'client.js' ? 'text/javascript' : 'module'}" src="${site.gateway.url}/assets/${file}"></script>
      <scan-login client-id="shop" redirect-uri="${site.shop.redirectUri}"></scan-login>`;
    const { page, complaints } = await open(body, { origin });
    await page.getByText(`does not know pages of ${origin}`).waitFor();
    await keepScreenshot(page, `foreign-unregistered-${file}`);
    expect(complaints.join('\n')).toMatch(/Scangate: .* does not know pages of http:\/\/localhost:/);
  });
}

test('a wrong client, and a policy that forbids asking, are told', async () => {
  const script = `<script src="${site.gateway.url}/assets/client.js"></script>`;
  const wrong = await open(`${script}<scan-login client-id="shoo"></scan-login>`);
  await wrong.page.getByText('The gateway refused the request').waitFor();
  expect(wrong.complaints.join('\n')).toContain('Scangate: Sign-in is not possible here.');
  expect(wrong.complaints.join('\n')).toContain('There is no such client (client_id: "shoo")');
  const policy = `default-src 'none'; script-src ${site.gateway.url}`;
  const headers = { 'Content-Security-Policy': policy };
  const blocked = await open(`${script}<scan-login client-id="shop"></scan-login>`, { headers });
  await blocked.page.getByText(`keeps it from asking ${site.gateway.url}`).waitFor();
  expect(blocked.complaints.join('\n')).toContain('connect-src must name it');
});

test('the client is for the pages of anyone, with one header each, and other scripts are not', async () => {
  const headersOf = async (name: string): Promise<(string | null)[]> => {
    const { headers } = await fetch(`${site.gateway.url}/assets/${name}`, {
      headers: { origin: site.shop.url },
    });
    const names = ['cross-origin-resource-policy', 'access-control-allow-origin', 'vary'];
    return names.map((one) => headers.get(one));
  };
  expect(await headersOf('client.js')).toEqual(['cross-origin', '*', 'Origin']);
  expect(await headersOf('client.mjs')).toEqual(['cross-origin', '*', 'Origin']);
  expect(await headersOf('sign-in.js')).toEqual(['same-origin', site.shop.url, 'Origin']);
});
