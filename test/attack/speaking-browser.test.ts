import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { withShop } from '../browser/foreign-site.ts';
import { openAs, scanAs } from '../browser/phone.ts';
import { PHONE } from '../browser/visit.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Scanned } from '../support/signin.ts';

const site = withShop();

const WORDS = 'Approved by your bank: press Confirm';
/** The right-to-left override in UTF-8, as a header brings it, and what begins a terminal's commands. */
const TURNED = 'Firefox/1.0 \u00e2\u0080\u00ae\u009b31m';

const CONFIRM = '.confirm';
const press = (phone: Page): Promise<unknown> =>
  phone.evaluate(`document.querySelector('${CONFIRM}').click()`);

/** A ticket of an application that asks for no number, minted by a browser that calls itself so. */
async function address(agent: string): Promise<string> {
  const ticket = await mint(site.gateway.url, {
    clientId: 'till',
    redirectUri: undefined,
    headers: { 'user-agent': agent },
  });
  return ticket.notice.scan?.url ?? '';
}

test.each([
  [WORDS, '–'],
  [`Mozilla/5.0 (X11; Linux) ${WORDS} Firefox/130.0`, 'Firefox, Linux'],
  [TURNED, 'Firefox/1.0'],
])('attack: a browser that calls itself %j says nothing to who holds the phone', async (agent, shown) => {
  const { page: phone, complaints } = await site.visit(PHONE);
  await scanAs(phone, await address(agent), 'ada');
  const row = phone.locator('.facts > div', { has: phone.locator('[data-fill="agent"]') });
  expect((await row.innerText()).split(/\s*\n\s*/)).toEqual(['Browser, as it says itself', shown]);
  const said = await phone.locator('body').innerText();
  expect(said).not.toContain('your bank');
  expect(said).not.toMatch(/[\u0080-\u009f\u202a-\u202e]/);
  expect(complaints).toEqual([]);
});

test('attack: nothing in what it calls itself turns a text, or is obeyed by a terminal, wherever it is told', async () => {
  const { url } = site.gateway;
  const headers = { 'user-agent': TURNED, authorization: 'Bearer demo-eve' };
  const ticket = await mint(url, { headers: { 'user-agent': TURNED } });
  const scanned: Scanned = expectStatus(
    await scan(url, readScanCode(ticket.notice), 'eve', { headers }),
    201,
  );
  await confirm(url, scanned, 'eve');
  const { body } = await look(ticket);
  expectStatus(await redeem(url, ticket, body.result?.code ?? ''), 200);
  const mine = { headers };
  const told = [
    scanned,
    (await call(`${url}/v1/sessions`, mine)).body,
    (await call(`${url}/v1/history`, mine)).body,
  ].map((one) => JSON.stringify(one));
  for (const text of told) {
    expect(text).toContain('Firefox/1.0');
    expect(text).not.toMatch(/[\u0080-\u009f\u202a-\u202e]|\\u00[01]/);
  }
});

test('attack: a tap that was meant for what was there before confirms nothing for three quarters of a second', async () => {
  const { page: phone } = await site.visit(PHONE);
  await phone.clock.install();
  await openAs(phone, await address('x/1'), 'ada');
  await phone.clock.pauseAt(Date.now() + 60_000);
  const sent: string[] = [];
  phone.on('request', (request) => sent.push(new URL(request.url()).pathname));
  await phone.locator('[data-do="continue"]').click();
  await phone.locator(`${CONFIRM}[aria-disabled="true"]`).waitFor();
  await press(phone);
  await phone.clock.runFor(749);
  await press(phone);
  expect(sent.filter((path) => path.endsWith('/confirm'))).toEqual([]);
  await phone.clock.runFor(1);
  // As when another window lay over the page and closes under the finger.
  await phone.evaluate("window.dispatchEvent(new Event('focus'))");
  await press(phone);
  expect(await phone.locator(CONFIRM).getAttribute('aria-disabled')).toBe('true');
  expect(sent.filter((path) => path.endsWith('/confirm'))).toEqual([]);
  await phone.clock.runFor(750);
  await press(phone);
  await phone.locator('[data-view="confirmed"]').waitFor();
  expect(sent.filter((path) => path.endsWith('/confirm'))).toHaveLength(1);
});
