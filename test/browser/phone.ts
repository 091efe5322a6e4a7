import type { Page } from 'playwright-core';

/** Opens a scanned address on a phone as `name`, up to the page that asks whether to continue. */
export async function openAs(phone: Page, address: string, name: string): Promise<void> {
  await phone.goto(address);
  await phone.locator('input[name="name"]:visible').fill(name);
  await phone.locator('form[action$="/demo/phone"]:visible button').click();
  await phone.locator('[data-do="continue"]').waitFor();
}

/** Opens a scanned address and goes on to the decision. */
export async function scanAs(phone: Page, address: string, name: string): Promise<void> {
  await openAs(phone, address, name);
  await phone.locator('[data-do="continue"]').click();
  await phone.locator('[data-do="deny"]').waitFor();
}

/** The whole approval. */
export async function approveAs(phone: Page, address: string, name: string): Promise<void> {
  await scanAs(phone, address, name);
  await phone.locator('[data-do="confirm"] [type="submit"]').click();
  await phone.locator('[data-view="confirmed"]').waitFor();
}
