import { expect, test } from '@jest/globals';
import { approveAs } from '../phone.ts';
import { awaitQrCode } from '../screen.ts';
import { PHONE } from '../visit.ts';
import { site } from './site.ts';

test.each([
  ['That’s me', 'code'],
  ['Not me', 'error'],
])('the gateway’s own page asks who signs in, and takes “%s”', async (answer, parameter) => {
  const { page: screen, complaints } = await site.visit({}, 'both');
  const phone = await site.visit(PHONE);
  await screen.goto(site.signInPage('asking'));
  await approveAs(phone.page, await awaitQrCode(screen), 'mallory');
  await screen.getByText('Is this you?').waitFor();
  expect(await screen.getByText('mallory').count()).toBeGreaterThan(0);
  await screen.getByRole('button', { name: answer, exact: true }).click();
  await screen.waitForURL((url) => url.href.startsWith(`${site.shop.redirectUri}?`));
  expect(new URL(screen.url()).searchParams.get(parameter)).toMatch(/./);
  expect(complaints).toEqual([]);
});
