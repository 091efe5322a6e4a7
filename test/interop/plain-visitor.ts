import { endAs, formAs, openPage } from '../oauth/sign-in-page.ts';
import { PhoneBrowser } from '../phone/phone-browser.ts';
import type { Stage } from './stage.ts';
import type { Beginning, Visitor } from './visitor.ts';

/** A browser as far as redirects, cookies and forms go, which plays the gateway's page by its calls. */
export function plainVisitor({ gateway, here, phone }: Stage, beginning: Beginning): Visitor {
  const browser = new PhoneBrowser('Browser');
  const isAway = (address: string): boolean => address.startsWith(gateway.url);
  const open = (address: string, body?: URLSearchParams): Promise<string> =>
    browser.open(address, body, isAway);

  return {
    async signIn(name, ending) {
      const { login, begin, byForm } = beginning;
      const address = await (begin === undefined ? open(`${here}${login}`) : begin(open));
      if (!isAway(address)) throw new Error(`the app began no sign-in: ${address.slice(0, 300)}`);
      const by = await phone(name);
      if (!byForm) return await open((await endAs(ending, gateway.url, await openPage(address), by)).href);
      const { action, members } = await formAs(ending, gateway.url, address, by);
      return await open(action, new URLSearchParams(members));
    },
    async open(path) {
      const page = await open(`${here}${path}`);
      return isAway(page) ? '' : page;
    },
    async goThrough(path) {
      const wayBack = `${here}/`;
      await browser.open(`${here}${path}`, undefined, (address) => address === wayBack);
      return browser.address;
    },
    close: () => Promise.resolve(),
  };
}
