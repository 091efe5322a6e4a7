import { awaitQrCode } from '../browser/screen.ts';
import type { Ending } from '../oauth/sign-in-page.ts';
import { expectStatus } from '../support/call.ts';
import { confirm, deny, scan } from '../support/signin.ts';
import type { Stage } from './stage.ts';
import type { Beginning, Visitor } from './visitor.ts';

/** Past the short life of a ticket, and the time that the gateway's page stays before it goes back. */
const BACK_WITHIN_MS = 20_000;

/** A real browser of one person, who reads the QR code off the screen. */
export async function chromiumVisitor(stage: Stage, beginning: Beginning): Promise<Visitor> {
  const { gateway, here, phone } = stage;
  const context = await (await stage.browser()).newContext();
  const page = await context.newPage();
  const shown = async (): Promise<string> => {
    await page.waitForFunction("document.body.textContent.trim() !== ''");
    return (await page.locator('body').textContent()) ?? '';
  };

  async function end(ending: Ending, name: string): Promise<void> {
    if (ending === 'expired') return;
    if (ending === 'cancelled') return await page.getByRole('button', { name: 'Cancel' }).click();
    const headers = await phone(name);
    const code = new URL(await awaitQrCode(page)).pathname.slice('/s/'.length);
    const scanned = expectStatus(await scan(gateway.url, code, '', { headers }), 201);
    const decide = ending === 'denied' ? deny : confirm;
    expectStatus(await decide(gateway.url, scanned, '', { headers }), 200);
  }

  return {
    async signIn(name, ending) {
      await page.goto(`${here}${beginning.login}`, { waitUntil: 'commit' });
      if (beginning.press !== undefined) await page.locator(beginning.press).first().click();
      await page.waitForURL((url) => url.origin === gateway.url);
      await end(ending, name);
      await page.waitForURL((url) => url.origin === here, { timeout: BACK_WITHIN_MS });
      return await shown();
    },
    async open(path) {
      await page.goto(`${here}${path}`);
      return await shown();
    },
    async goThrough(path) {
      await page.goto(`${here}${path}`, { waitUntil: 'commit' });
      await page.waitForURL(`${here}/`);
      return page.url();
    },
    close: () => context.close(),
  };
}
