import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { s256 } from '../support/signin.ts';
import { openShop } from './shop.ts';
import type { Shop } from './shop.ts';
import { PHONE, visit } from './visit.ts';
import type { Visit } from './visit.ts';

/** A shop, its gateway, and people with a screen and a phone. */
export interface AtTheShop {
  readonly shop: Shop;
  readonly gateway: Gateway;
  /** Runs with a screen and a phone of their own; the screen must have nothing to complain of. */
  people(run: (screen: Page, phone: Page) => Promise<void>): Promise<Visit['complaints']>;
  /** The gateway's own page for a client of the shop's. */
  signInPage(clientId: string): string;
  stop(): Promise<void>;
}

/** @param client the shop again, with these members of its own. */
export async function atTheShop(client: object): Promise<AtTheShop> {
  const shop = await openShop(client);
  const env = { SCANGATE_CLIENTS_FILE: shop.clientsFile };
  const [browser, gateway]: [Browser, Gateway] = await Promise.all([startChromium(), startGateway({ env })]);
  shop.serve(gateway.url, '');
  return {
    shop,
    gateway,
    async people(run) {
      const screen = await visit(browser, [shop.url, gateway.url]);
      const phone = await visit(browser, [gateway.url], PHONE);
      try {
        await run(screen.page, phone.page);
        return screen.complaints;
      } finally {
        await screen.close();
        await phone.close();
      }
    },
    signInPage(clientId) {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: shop.redirectUri,
        response_type: 'code',
        code_challenge: s256('v'.repeat(43)),
        code_challenge_method: 'S256',
      });
      return `${gateway.url}/oauth/authorize?${query.toString()}`;
    },
    async stop() {
      await browser.close();
      await gateway.stop();
      await shop.stop();
    },
  };
}
