import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { approveAs } from '../browser/phone.ts';
import { awaitQrCode } from '../browser/screen.ts';
import { PHONE, visit } from '../browser/visit.ts';
import { makeCertificate } from '../delivery/front.ts';
import type { Certificate } from '../delivery/front.ts';
import { freePorts } from '../support/child.ts';
import { startChromium } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { TRANSPORTS } from '../support/watching.ts';
import { PROXIES, startProxy } from './proxy.ts';

const SECURE = { ignoreHTTPSErrors: true };
const NODES = 3;
const LONG = process.env['SCANGATE_TEST_LONG'] !== undefined;
/** People who sign in at one time, one after another, while the nodes are restarted. */
const PEOPLE = 6;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let certificate: Certificate;
let browser: Browser;

beforeAll(async () => {
  folder = await temporaryFolder();
  [certificate, browser] = await Promise.all([makeCertificate(folder.path), startChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await folder?.remove();
});

describe.each(PROXIES)('the sample of %s', (name) => {
  const underPath = name.endsWith('under a path');
  let redis: Redis;
  let gateways: Gateway[];
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let url: string;
  let plain: string;
  let redirect: number;

  beforeAll(async () => {
    const [secure, open, redirecting] = (await freePorts(3)) as [number, number, number];
    const path = underPath ? '/scan' : '';
    [url, plain, redirect] = [
      `https://localhost:${secure}${path}`,
      `http://localhost:${open}${path}`,
      redirecting,
    ];
    redis = await startRedis();
    const env = {
      SCANGATE_STORE: redis.url,
      SCANGATE_PUBLIC_URL: `${url}/`,
      SCANGATE_TRUSTED_PROXIES: '127.0.0.1',
      SCANGATE_DRAIN_WAIT: 'PT2S',
      SCANGATE_DRAIN_WINDOW: 'PT1S',
    };
    gateways = await Promise.all(
      Array.from({ length: underPath || (!LONG && name !== 'haproxy') ? 1 : NODES }, () =>
        startGateway({ env }),
      ),
    );
    const ports = gateways.map(({ port }) => port);
    proxy = await startProxy(name, { secure, plain: open, redirect }, ports, certificate);
  });

  afterAll(async () => {
    await proxy?.stop();
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await redis?.stop();
  });

  test('one whole sign-in in a browser, over TLS', async () => {
    const { origin } = new URL(url);
    const screen = await visit(browser, [origin], SECURE);
    const phone = await visit(browser, [origin], { ...PHONE, ...SECURE });
    await screen.page.goto(`${url}/`);
    await approveAs(phone.page, await awaitQrCode(screen.page), 'ada');
    await screen.page.waitForURL(`${url}/demo/callback`);
    await screen.page.locator('[data-view="done"]').waitFor();
    expect(await screen.page.locator('.subject').textContent()).toBe('ada');
    expect([screen.complaints, phone.complaints]).toEqual([[], []]);
    await Promise.all([screen.close(), phone.close()]);
    if (underPath) {
      const metadata = await fetch(new URL('/.well-known/oauth-authorization-server/scan', plain));
      expect(((await metadata.json()) as { issuer: string }).issuer).toBe(url);
    } else {
      const moved = await fetch(`http://localhost:${redirect}/x?y=1`, { redirect: 'manual' });
      expect([moved.status, moved.headers.get('location')]).toEqual([
        expect.any(Number),
        expect.stringMatching(/^https:\/\/localhost(:\d+)?\/x\?y=1$/),
      ]);
    }
  });

  // Under a path the upstream is the one of nginx; CI restarts behind one proxy, `npm test -- --long` behind each.
  if (underPath || (!LONG && name !== 'haproxy')) return;

  test('every node restarted, one after another: nobody who signs in sees an error', async () => {
    const errors: unknown[] = [];
    let done = 0;
    const over = new AbortController();
    const person = async (index: number): Promise<void> => {
      for (; !over.signal.aborted && errors.length === 0; done += 1) {
        const transport = TRANSPORTS[(index + done) % TRANSPORTS.length]!;
        await signIn(plain, { transport, mint: { redirectUri: `${url}/demo/callback` } });
      }
    };
    const people = Array.from({ length: PEOPLE }, (_, index) =>
      person(index).catch((error) => errors.push(error)),
    );
    const before: number[] = [];
    for (const gateway of gateways) {
      before.push(done);
      await gateway.restart();
    }
    over.abort();
    await Promise.all(people);
    expect(errors).toEqual([]);
    // People signed in during each of the restarts.
    expect(new Set([...before, done]).size).toBe(NODES + 1);
  });
});
