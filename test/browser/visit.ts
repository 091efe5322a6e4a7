import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** A browser of one person, and what it complained of. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the console, violations of the Content-Security-Policy among them, and uncaught exceptions. */
  readonly complaints: string[];
  /** Addresses asked for that are not on the origins this visit may go to. */
  readonly strays: string[];
  readonly close: () => Promise<void>;
}

const EVERYONE: BrowserContextOptions = { locale: 'en-US', viewport: { width: 760, height: 720 } };

/** Opens a browser of its own with one empty tab. `origins` are all that its pages should ever ask. */
export async function visit(
  browser: Browser,
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ ...EVERYONE, ...options });
  const complaints: string[] = [];
  const strays: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  // Reports that no console line comes of, as where a script is left out, too.
  await context.addInitScript(
    "document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => " +
      "console.error('violates ' + violatedDirective + ': ' + blockedURI))",
  );
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:/.test(protocol) && !origins.includes(origin)) strays.push(request.url());
  });
  const page = await context.newPage();
  return { context, page, complaints, strays, close: () => context.close() };
}

/** What a phone is like. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  userAgent:
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36',
};
