import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { atTheShop } from './at-the-shop.ts';
import type { AtTheShop } from './at-the-shop.ts';
import { approveAs } from './phone.ts';
import { awaitQrCode } from './screen.ts';

let at: AtTheShop;

beforeAll(async () => {
  at = await atTheShop({ client_id: 'asking', scangate: { accept: 'always' } });
});

afterAll(async () => {
  await at?.stop();
});

test.each([
  ['That’s me', 'code'],
  ['Not me', 'error'],
])('the gateway’s own page asks who signs in, and takes “%s”', async (answer, parameter) => {
  const complaints = await at.people(async (screen, phone) => {
    await screen.goto(at.signInPage('asking'));
    await approveAs(phone, await awaitQrCode(screen), 'mallory');
    await screen.getByText('Is this you?').waitFor();
    expect(await screen.getByText('mallory').count()).toBeGreaterThan(0);
    await screen.getByRole('button', { name: answer, exact: true }).click();
    await screen.waitForURL((url) => url.href.startsWith(`${at.shop.redirectUri}?`));
    expect(new URL(screen.url()).searchParams.get(parameter)).toMatch(/./);
  });
  expect(complaints).toEqual([]);
});
