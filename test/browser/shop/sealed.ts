import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { call } from '../../support/call.ts';
import { approveAs } from '../phone.ts';
import { awaitQrCode } from '../screen.ts';
import { PHONE } from '../visit.ts';
import { site } from './site.ts';

/** What stands in for a thief: the bearer of the ticket that the page mints, as it goes over the wire. */
async function stolenBearer(page: Page): Promise<{ readonly self: string; readonly bearer: string }> {
  const minting = await page.waitForResponse(
    (response) => response.request().method() === 'POST' && response.url().endsWith('/v1/tickets'),
  );
  const body = (await minting.json()) as { links: { self: string }; browser_secret: string };
  return { self: body.links.self, bearer: body.browser_secret };
}

test('<scan-login sealed> opens with its own key what the bearer alone does not tell', async () => {
  const { shop, gateway } = site;
  shop.serve(
    gateway.url,
    `<script type="module" src="${gateway.url}/assets/client.mjs"></script>
     <scan-login sealed client-id="sealed" redirect-uri="${shop.redirectUri}" state="s1"></scan-login>`,
  );
  const { page: screen, complaints } = await site.visit({}, 'both');
  const phone = await site.visit(PHONE);
  const stolen = stolenBearer(screen);
  await screen.goto(shop.url);
  await approveAs(phone.page, await awaitQrCode(screen), 'ada');
  await screen.waitForURL((url) => url.href.startsWith(`${shop.redirectUri}?`));
  const told = new URL(screen.url()).searchParams;
  expect(told.get('state')).toBe('s1');
  expect(told.get('code')).toMatch(/./);
  const { self, bearer } = await stolen;
  const answer = await call(self, { headers: { authorization: `Bearer ${bearer}` } });
  expect(answer.body).toMatchObject({ status: 'confirmed', sealed: expect.any(String) });
  expect(answer.text).not.toContain(told.get('code'));
  expect(complaints).toEqual([]);
});

test('the gateway’s own page seals for a client that demands it', async () => {
  const { page: screen, complaints } = await site.visit({}, 'both');
  const phone = await site.visit(PHONE);
  await screen.goto(site.signInPage('sealed'));
  await approveAs(phone.page, await awaitQrCode(screen), 'ada');
  await screen.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  expect(new URL(screen.url()).searchParams.get('code')).toMatch(/./);
  expect(complaints).toEqual([]);
});
