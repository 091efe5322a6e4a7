import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { expectStatus } from '../support/call.ts';
import { freePort, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { awaitQrCode, keepScreenshot } from './screen.ts';
import { visit } from './visit.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = join(ROOT, 'examples/frameworks');
const BUILT = join(ROOT, '.cache/examples/frameworks');

/** Builds the pages as their README says, outside of the sources; what they depend on is installed once a lock file. */
function buildPages(): void {
  const lock = createHash('sha256')
    .update(readFileSync(join(SOURCES, 'package-lock.json')))
    .digest('hex');
  const stamp = join(BUILT, 'installed');
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
  if (!fresh) rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(BUILT, { recursive: true });
  const filter = (path: string): boolean => !/\/(node_modules|dist)$/.test(path);
  cpSync(SOURCES, BUILT, { recursive: true, filter });
  const run = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, args, { cwd: BUILT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (!fresh) run('npm', 'ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
  writeFileSync(stamp, lock);
  run('npm', 'run', '--silent', 'build');
}

let browser: Browser;
let gateway: Gateway;
let pages: Child;
let here: string;

beforeAll(async () => {
  buildPages();
  const port = await freePort();
  here = `http://localhost:${port}`;
  const clients = join(BUILT, 'clients.json');
  const registered = readFileSync(join(ROOT, 'examples/clients.json'), 'utf8');
  writeFileSync(clients, registered.replaceAll('http://localhost:3004', here));
  const env = { SCANGATE_CLIENTS_FILE: clients };
  [browser, gateway] = await Promise.all([startChromium(), startGateway({ env })]);
  const told = { ...process.env, GATEWAY: gateway.url, PORT: String(port) };
  pages = startChild(process.execPath, ['server.mjs'], { env: told, cwd: BUILT });
  await until(() => /Open /.test(pages.output().stdout));
});

afterAll(async () => {
  await browser?.close();
  await pages?.stop();
  await gateway?.stop();
});

test.each(['react', 'vue', 'svelte'])('a page with %s signs in, under a strict policy', async (framework) => {
  const screen = await visit(browser, [here, gateway.url], { colorScheme: 'dark' });
  const { page } = screen;
  try {
    await page.goto(`${here}/${framework}`);
    const code = new URL(await awaitQrCode(page)).pathname.slice('/s/'.length);
    await keepScreenshot(page, `frameworks-${framework}`);
    const scanned = expectStatus(await scan(gateway.url, code, 'grace'), 201);
    expectStatus(await confirm(gateway.url, scanned, 'grace'), 200);
    await page.getByText('Hello, grace!').waitFor();
    expect(await page.locator('scan-login').count()).toBe(0);
    const icon = (complaint: string): boolean => !complaint.includes('favicon');
    expect([screen.complaints.filter(icon), screen.strays]).toEqual([[], []]);
  } finally {
    await screen.close();
  }
});
