import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { s256 } from '../support/signin.ts';
import { openShop } from './shop.ts';
import type { Shop } from './shop.ts';
import { visit } from './visit.ts';
import type { Visit } from './visit.ts';

/** What a test file of another site's sign-ins has: the site, a gateway that knows it, and browsers that are closed after each test, as the site's page is taken away. */
export interface ForeignSite {
  readonly shop: Shop;
  readonly gateway: Gateway;
  /** A browser of its own. @param asks whom its pages may ask: the gateway alone, or the site too. */
  visit(options?: BrowserContextOptions, asks?: 'gateway' | 'both'): Promise<Visit>;
  /** The gateway's own page for a client of the site's. */
  signInPage(clientId: string): string;
  /** Opens the site's page with this body. */
  open(body: string, more?: OpenOptions): Promise<Visit>;
}

export interface OpenOptions {
  /** The site by another name. */
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly options?: BrowserContextOptions;
}

/** Starts it before the tests of a file, and stops it after them. */
export function withShop(): ForeignSite {
  let parts: { readonly browser: Browser; readonly shop: Shop; readonly gateway: Gateway };
  const visits: Visit[] = [];

  beforeAll(async () => {
    const shop = await openShop(
      { client_id: 'asking', scangate: { accept: 'always' } },
      { client_id: 'sealed', scangate: { sealed_results: true } },
    );
    const env = { SCANGATE_CLIENTS_FILE: shop.clientsFile };
    const [browser, gateway] = await Promise.all([startChromium(), startGateway({ env })]);
    parts = { browser, shop, gateway };
  });
  afterAll(async () => {
    await parts?.browser.close();
    await parts?.gateway.stop();
    await parts?.shop.stop();
  });
  afterEach(async () => {
    for (const one of visits.splice(0)) await one.close();
    parts.shop.empty();
  });

  return {
    get shop() {
      return parts.shop;
    },
    get gateway() {
      return parts.gateway;
    },
    async visit(options, asks = 'gateway') {
      const origins = asks === 'both' ? [parts.shop.url, parts.gateway.url] : [parts.gateway.url];
      const one = await visit(parts.browser, origins, options);
      visits.push(one);
      return one;
    },
    signInPage(clientId) {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: parts.shop.redirectUri,
        response_type: 'code',
        code_challenge: s256('v'.repeat(43)),
        code_challenge_method: 'S256',
      });
      return `${parts.gateway.url}/oauth/authorize?${query.toString()}`;
    },
    async open(body, { origin = parts.shop.url, headers, options } = {}) {
      parts.shop.serve(parts.gateway.url, body, headers);
      const one = await this.visit(options, 'both');
      await one.page.goto(origin);
      return one;
    },
  };
}
