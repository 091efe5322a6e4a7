import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { call, expectStatus } from '../support/call.ts';
import { freePorts, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, deny, look, mint, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { PhoneBrowser } from '../phone/phone-browser.ts';
import { signInAt } from './sign-in-page.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

let browser: Browser;
let gateway: Gateway;
let folder: TemporaryFolder;
let ports: { page: number; express: number; phone: number };
const children: Child[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const [page = 0, express = 0, phone = 0] = await freePorts(3);
  ports = { page, express, phone };
  const clients = readFileSync(join(EXAMPLES, 'clients.json'), 'utf8')
    .replaceAll(':3001/', `:${page}/`)
    .replaceAll(':3002/', `:${express}/`)
    .replaceAll(':3003/', `:${phone}/`);
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, clients);
  const env = { SCANGATE_CLIENTS_FILE: file };
  [browser, gateway] = await Promise.all([startChromium(), startGateway({ env })]);
});

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await browser?.close();
  await gateway?.stop();
  await folder.remove();
});

async function start(path: string, port: number | undefined, says: RegExp): Promise<Child> {
  const env = { ...process.env, GATEWAY: gateway.url, ...(port === undefined ? {} : { PORT: String(port) }) };
  const child = startChild(process.execPath, [join(EXAMPLES, path)], { env, cwd: EXAMPLES });
  children.push(child);
  await until(() => says.test(child.output().stdout), {
    withinMs: 30_000,
    what: `${path} to say ${says.source}`,
  });
  return child;
}

test('an Express app with openid-client', async () => {
  await start('express/app.mjs', ports.express, /Open /);
  const here = `http://localhost:${ports.express}`;
  const browser = new PhoneBrowser('Browser');
  expect(await browser.open(here)).toContain('not signed in');
  const away = await browser.open(`${here}/sign-in`, undefined, (address) => address.startsWith(gateway.url));
  const back = await signInAt(gateway.url, away, 'ada');
  expect(await browser.open(back.href)).toBe('Hello, ada!');
  expect(await new PhoneBrowser().open(back.href)).toContain('not begun here');
});

async function shown(child: Child): Promise<string> {
  const typed = /type ([A-Z-]{9})\./.exec(child.output().stdout)?.[1];
  return typed ?? '';
}

test('a terminal program by device flow', async () => {
  const child = await start('terminal/sign-in.mjs', undefined, /type [A-Z-]{9}\./);
  const scanned = expectStatus(await scan(gateway.url, { userCode: await shown(child) }, 'grace'), 201);
  await until(() => child.output().stdout.includes('Scanned'));
  expectStatus(await confirm(gateway.url, scanned, 'grace'), 200);
  expect((await child.exited).code).toBe(0);
  expect(child.output().stdout).toContain('Hello, grace!');
});

test('a terminal program that is denied', async () => {
  const child = await start('terminal/sign-in.mjs', undefined, /type [A-Z-]{9}\./);
  const scanned = expectStatus(await scan(gateway.url, { userCode: await shown(child) }, 'grace'), 201);
  expectStatus(await deny(gateway.url, scanned, 'grace'), 200);
  expect((await child.exited).code).toBe(1);
  expect(child.output().stdout).toContain('Not signed in: denied.');
});

test('a page with <scan-login>', async () => {
  await start('page/server.mjs', ports.page, /Open /);
  const here = `http://localhost:${ports.page}/`;
  expectStatus(await call(here), 200);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const minted = page.waitForResponse((response) => response.url() === `${gateway.url}/v1/tickets`);
    await page.goto(here);
    const notice = (await (await minted).json()) as { scan: { url: string } };
    const scanned = expectStatus(
      await scan(gateway.url, new URL(notice.scan.url).pathname.slice(3), 'linus'),
      201,
    );
    expectStatus(await confirm(gateway.url, scanned, 'linus'), 200);
    await page.waitForURL(`${here}callback.html`);
    await page.getByText('Hello, linus!').waitFor();
  } finally {
    await context.close();
  }
});

test('a web app as the phone', async () => {
  await start('phone/server.mjs', ports.phone, /Open /);
  const ticket = await mint(gateway.url);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://localhost:${ports.phone}/`);
    await page.locator('[name=user]').fill('emmy');
    await page.locator('[name=text]').fill('https://elsewhere.example/s/x');
    await page.getByRole('button', { name: 'Scan' }).click();
    await page.getByText('This is no code').waitFor();
    await page.locator('[name=text]').fill(ticket.notice.scan?.url ?? '');
    await page.getByRole('button', { name: 'Scan' }).click();
    await page.locator('#decide').waitFor();
    expect(expectStatus(await look(ticket), 200).scanner?.name).toBe('emmy');
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('Signed in.').waitFor();
    expect(expectStatus(await look(ticket), 200).status).toBe('confirmed');
  } finally {
    await context.close();
  }
});
