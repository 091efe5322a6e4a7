import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { rounds } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { TRANSPORTS } from '../support/watching.ts';
import { PROXIES, startProxy } from './proxy.ts';
import type { Listens } from './proxy.ts';

const SECURE = { ignoreHTTPSErrors: true };
const NODES = 3;
/** The proxy behind which every node is restarted; with `npm test -- --long` behind each. */
const RESTARTED = ['haproxy', ...(rounds(0, 1) ? ['nginx', 'caddy'] : [])];
/** People who sign in at one time, one after another, while the nodes are restarted: as many as there are ways to wait. */
const PEOPLE = TRANSPORTS.length;
/** Between two sign-ins of one person: what a test is about is that there are always some, and not how many. */
const PAUSE_MS = rounds(100, 0);

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

const isUnderPath = (name: string): boolean => name.endsWith('under a path');

/** One proxy after another at one address, and the same nodes behind them. */
describe.each([
  ['at a host', PROXIES.filter((name) => !isUnderPath(name))],
  ['below a path', PROXIES.filter(isUnderPath)],
])('%s', (where, names) => {
  const underPath = where === 'below a path';
  let redis: Redis;
  let gateways: Gateway[];
  let listens: Listens;
  let url: string;
  let plain: string;

  beforeAll(async () => {
    const [secure, open, redirect] = (await freePorts(3)) as [number, number, number];
    const path = underPath ? '/scan' : '';
    [url, plain] = [`https://localhost:${secure}${path}`, `http://localhost:${open}${path}`];
    listens = { secure, plain: open, redirect };
    redis = await startRedis();
    const env = {
      SCANGATE_STORE: redis.url,
      SCANGATE_PUBLIC_URL: `${url}/`,
      SCANGATE_TRUSTED_PROXIES: '127.0.0.1',
      SCANGATE_DRAIN_WAIT: 'PT2S',
      SCANGATE_DRAIN_WINDOW: 'PT1S',
    };
    gateways = await Promise.all(Array.from({ length: underPath ? 1 : NODES }, () => startGateway({ env })));
  });

  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await redis?.stop();
  });

  describe.each(names)('the sample of %s', (name) => {
    let proxy: Awaited<ReturnType<typeof startProxy>>;

    beforeAll(async () => {
      const ports = gateways.map(({ port }) => port);
      proxy = await startProxy(name, listens, ports, certificate);
    });

    afterAll(() => proxy?.stop());

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
        const moved = await fetch(`http://localhost:${listens.redirect}/x?y=1`, { redirect: 'manual' });
        expect([moved.status, moved.headers.get('location')]).toEqual([
          expect.any(Number),
          expect.stringMatching(/^https:\/\/localhost(:\d+)?\/x\?y=1$/),
        ]);
      }
    });

    // Under a path the upstream is the one of nginx.
    if (!RESTARTED.includes(name)) return;

    test('every node restarted, one after another: nobody who signs in sees an error', async () => {
      const errors: unknown[] = [];
      let done = 0;
      const over = new AbortController();
      const person = async (index: number): Promise<void> => {
        for (; !over.signal.aborted && errors.length === 0; done += 1) {
          const transport = TRANSPORTS[(index + done) % TRANSPORTS.length]!;
          await signIn(plain, { transport, mint: { redirectUri: `${url}/demo/callback` } });
          await sleep(PAUSE_MS);
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
});
