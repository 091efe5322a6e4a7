import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Browser } from 'playwright-core';
import { call, expectStatus } from '../support/call.ts';
import { freePorts, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, demoPhone, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { awaitQrCode } from '../browser/screen.ts';
import { PhoneBrowser } from '../phone/phone-browser.ts';
import { formAs } from './sign-in-page.ts';

const APP = fileURLToPath(new URL('apps/express-openid-connect.mjs', import.meta.url));

let gateway: Gateway;
let folder: TemporaryFolder;
let app: Child;
let browser: Browser;
let here: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [port = 0] = await freePorts(1);
  here = `http://localhost:${port}`;
  const file = join(folder.path, 'clients.json');
  const web = {
    client_id: 'web',
    redirect_uris: [`${here}/callback`],
    response_types: ['id_token'],
    grant_types: ['implicit'],
    post_logout_redirect_uris: [here],
    backchannel_logout_uri: `${here}/backchannel-logout`,
  };
  writeFileSync(file, JSON.stringify([web]));
  gateway = await startGateway({ env: { SCANGATE_CLIENTS_FILE: file } });
  browser = await startChromium();
  const settings = { GATEWAY: gateway.url, BASE_URL: here, CLIENT_ID: 'web', PORT: String(port) };
  app = startChild(process.execPath, [APP], { env: { ...process.env, ...settings } });
  await until(() => app.output().stdout.includes('listening'), {
    withinMs: 30_000,
    what: 'the app to listen',
  });
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  await gateway?.stop();
  await folder.remove();
});

async function beginSignIn(): Promise<{ visitor: PhoneBrowser; address: string }> {
  const visitor = new PhoneBrowser('Browser');
  const address = await visitor.open(here, undefined, (next) => next.startsWith(gateway.url));
  return { visitor, address };
}

describe('express-openid-connect, with its defaults', () => {
  test('signs in: an ID token by form_post', async () => {
    const { visitor, address } = await beginSignIn();
    expect(new URL(address).searchParams.get('response_type')).toBe('id_token');
    const { action, members } = await formAs('confirmed', gateway.url, address, 'ada');
    expect(Object.keys(members).sort()).toEqual(['id_token', 'iss', 'state']);
    const page = await visitor.open(action, new URLSearchParams(members));
    const { claims } = JSON.parse(page) as { claims: Readonly<Record<string, unknown>> };
    expect(claims).toMatchObject({ iss: gateway.url, aud: 'web', sub: 'ada', name: 'ada' });
    expect(claims).not.toHaveProperty('at_hash');
  });

  test('signs out at the gateway with idpLogout, and where the phone ends the session', async () => {
    const signIn = async (): Promise<{ visitor: PhoneBrowser; sid: string }> => {
      const { visitor, address } = await beginSignIn();
      const { action, members } = await formAs('confirmed', gateway.url, address, 'hedy');
      await visitor.open(action, new URLSearchParams(members));
      return { visitor, sid: decodeJwt<{ sid: string }>(members['id_token'] ?? '').sid };
    };
    const isSignedIn = async (visitor: PhoneBrowser): Promise<boolean> =>
      (await visitor.open(here, undefined, (next) => next.startsWith(gateway.url))).includes('"sub":"hedy"');
    const [one, two] = [await signIn(), await signIn()];
    const back = await one.visitor.open(`${here}/logout`, undefined, (next) => next === `${here}/`);
    expect(back).toBe(`${here}/`);
    const headers = demoPhone('hedy');
    const list = await call<{ sessions: { sid: string }[] }>(`${gateway.url}/v1/sessions`, { headers });
    expect(list.body.sessions.map(({ sid }) => sid)).toEqual([two.sid]);
    expect(await isSignedIn(two.visitor)).toBe(true);
    expectStatus(await call(`${gateway.url}/v1/sessions/${two.sid}`, { method: 'DELETE', headers }), 204);
    await until(async () => !(await isSignedIn(two.visitor)), { withinMs: 30_000, what: 'a sign-out' });
  });

  test.each(['denied', 'cancelled'] as const)('hears that a sign-in was %s', async (ending) => {
    const { visitor, address } = await beginSignIn();
    const { action, members } = await formAs(ending, gateway.url, address);
    const page = await visitor.open(action, new URLSearchParams(members));
    expect(JSON.parse(page)).toEqual({ error: 'access_denied' });
  });

  test.each([
    ['with JavaScript', true],
    ['without JavaScript', false],
  ])('signs in in Chromium, %s', async (_how, javaScriptEnabled) => {
    const context = await browser.newContext({ javaScriptEnabled, ignoreHTTPSErrors: true });
    try {
      const page = await context.newPage();
      await page.goto(here);
      await page
        .locator(javaScriptEnabled ? 'a[href*="/s/"], svg' : 'img.code')
        .first()
        .waitFor();
      const address = javaScriptEnabled
        ? await awaitQrCode(page)
        : ((await page.locator('a[href*="/s/"]').getAttribute('href')) ?? '');
      const code = readScanCode({ scan: { url: address, rotates_in_ms: 0 } });
      const scanned = expectStatus(await scan(gateway.url, code, 'linus'), 201);
      expectStatus(await confirm(gateway.url, scanned, 'linus'), 200);
      if (!javaScriptEnabled) await page.locator('#form-post button').click();
      await page.waitForURL(`${here}/`);
      expect(await page.locator('body').textContent()).toContain('"sub":"linus"');
    } finally {
      await context.close();
    }
  });

  test('the token stands in no notice, in no log, and cannot be had elsewhere', async () => {
    const { address } = await beginSignIn();
    const { members } = await formAs('confirmed', gateway.url, address, 'grace');
    expect(gateway.output().stdout).not.toContain((members['id_token'] ?? '').slice(0, 40));
    const asked = Object.fromEntries(new URL(address).searchParams);
    const minting = { client_id: 'web', redirect_uri: asked['redirect_uri'], nonce: 'n', binding: 'cookie' };
    const bare = await call(`${gateway.url}/v1/tickets`, { json: minting });
    expectStatus(bare, 400);
  });
});
