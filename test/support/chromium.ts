import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { tool } from './tools.ts';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts Chromium without a window, in a new profile that goes with it. Each `newContext()` is a person's browser of its
 * own: the one that shows the code, and the phone.
 *
 * @param flags - command line flags on top of those that keep it from calling home.
 */
export async function startChromium(...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: await tool('chromium-headless-shell'),
    args: [...QUIET, ...flags],
    headless: true,
  });
}
