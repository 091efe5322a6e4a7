import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

const ARTIFACTS = fileURLToPath(new URL('../../test-artifacts/browser', import.meta.url));

const KEEPS = process.env['SCANGATE_TEST_LONG'] !== undefined;

/** Keeps what a page looks like as `test-artifacts/browser/<name>.png` with `npm test -- --long`: for people, no test looks at it. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (!KEEPS) return;
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true, animations: 'disabled' });
}

interface Reading {
  readonly id: number;
  readonly text: string | undefined;
}

const camera = new Worker(new URL('./camera.mjs', import.meta.url));
const waiting = new Map<number, (text: string | undefined) => void>();
let readings = 0;
camera.on('message', ({ id, text }: Reading) => {
  waiting.get(id)?.(text);
  waiting.delete(id);
});
camera.unref();

/** What a camera would read off the screen: the text of the QR code in a screenshot, `undefined` where there is none. */
export async function readQrCode(page: Page): Promise<string | undefined> {
  const png = await page.screenshot();
  const id = (readings += 1);
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    camera.postMessage({ id, png }, []);
  });
}

/** Looks until the screen shows a QR code, from when the page has drawn one. */
export async function awaitQrCode(page: Page): Promise<string> {
  await page.locator('[data-status="pending"][data-drawn="true"], img.code').first().waitFor();
  return until(() => readQrCode(page), { withinMs: 30_000, everyMs: 50, what: 'a QR code on the screen' });
}
