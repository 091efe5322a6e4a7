import { outwardTo } from '../support/outward.ts';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { breaker } from '../../src/phone/breaker.ts';
import { oidcIdentity } from '../../src/phone/oidc.ts';
import { pageSessions } from '../../src/phone/page-session.ts';
import type { PageSessions } from '../../src/phone/page-session.ts';
import type { PhoneIdentity } from '../../src/phone/phone-identity.ts';
import { PhoneSourceAway } from '../../src/phone/phone-identity.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { sealOf } from '../../src/secrets/seal.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { phoneIdentityContract } from '../contract/phone-identity.ts';
import { call, expectStatus } from '../support/call.ts';
import { freePorts, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, look, mint, redeem } from '../support/signin.ts';
import type { Scanned } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { PhoneBrowser } from './phone-browser.ts';

const SECRET = 'gateway-secret-gateway-secret';
const PROVIDER = fileURLToPath(new URL('oidc-provider.mjs', import.meta.url));

function sessionsOf(now: () => number): PageSessions {
  return pageSessions(sealOf(new KeyRing([randomBytes(32).toString('base64url')]), 'page'), 1000, now);
}

function identityAt(issuer: string, sessions: PageSessions): PhoneIdentity {
  return oidcIdentity({
    call: outwardTo(),
    issuer,
    clientId: 'gateway',
    clientSecret: SECRET,
    claims: [],
    scope: 'openid profile',
    label: 'Company',
    sessions,
    breaker: breaker({
      timeoutMs: 300,
      tries: 2,
      pauseMs: 5,
      failuresMax: 3,
      openMs: 500,
      time: systemTime,
      random: () => 0,
    }),
    timeoutMs: 300,
  });
}

phoneIdentityContract('oidc', () => {
  const sessions = sessionsOf(() => 1000);
  const user = { source: 'oidc', issuer: 'https://company.example', subject: 'u1', name: 'Ada' };
  return Promise.resolve({
    identity: identityAt('http://127.0.0.1:1', sessions),
    good: [{ what: 'page session', credential: { pageSession: sessions.issue(user) }, user }],
    bad: [
      { what: 'a session of demo', credential: { pageSession: sessions.issue({ ...user, source: 'demo' }) } },
      { what: 'the session as a bearer', credential: { bearer: sessions.issue(user) } },
    ],
  });
});

test('a provider that is away is said to be, within its bound', async () => {
  const { pageSignIn } = identityAt('http://127.0.0.1:1', sessionsOf(Date.now));
  await expect(pageSignIn?.begin('http://localhost/cb', 's', '')).rejects.toBeInstanceOf(PhoneSourceAway);
});

describe('a phone that signs in at the company’s provider', () => {
  let provider: Child;
  let gateway: Gateway;

  beforeAll(async () => {
    const [port = 0, upstream = 0] = await freePorts(2);
    const issuer = `http://127.0.0.1:${upstream}`;
    const callback = `http://localhost:${port}/phone/oidc/callback`;
    provider = startChild(process.execPath, [PROVIDER, String(upstream), callback], { env: process.env });
    await until(() => provider.output().stdout.includes(issuer), { withinMs: 30_000, what: 'the provider' });
    const env = {
      SCANGATE_PHONE_IDENTITY: 'oidc',
      SCANGATE_PHONE_OIDC_ISSUER: issuer,
      SCANGATE_PHONE_OIDC_CLIENT_ID: 'gateway',
      SCANGATE_PHONE_OIDC_CLIENT_SECRET: SECRET,
      SCANGATE_QR_PERIOD: 'PT1S',
      SCANGATE_CLIENTS_FILE: fileURLToPath(new URL('clients.json', import.meta.url)),
    };
    gateway = await startGateway({ port, env });
  });

  afterAll(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  const ticketOf = (): ReturnType<typeof mint> =>
    mint(gateway.url, { clientId: 'shop', redirectUri: undefined, scope: 'openid profile' });

  /** Taps the link, signs in as `name` in the provider's own pages, and comes back. */
  async function signIn(phone: PhoneBrowser, scanUrl: string, name: string, dawdleMs = 0): Promise<string> {
    const page = await phone.open(scanUrl);
    const link = /href="(\/phone\/oidc\/start[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
    const login = await phone.open(new URL(link ?? '', gateway.url).href);
    const form = new URL(/action="([^"]*)"/.exec(login)?.[1] ?? '', phone.address).href;
    await new Promise((resolve) => setTimeout(resolve, dawdleMs));
    const consent = await phone.open(
      form,
      new URLSearchParams({ prompt: 'login', login: name, password: 'x' }),
    );
    const agree = new URL(/action="([^"]*)"/.exec(consent)?.[1] ?? '', phone.address).href;
    await phone.open(agree, new URLSearchParams({ prompt: 'consent' }));
    return phone.address;
  }

  async function scanBy(phone: PhoneBrowser, address: string): Promise<Scanned> {
    const json = { scan_code: new URL(address).pathname.slice('/s/'.length) };
    const headers = { cookie: phone.cookies(gateway.url), 'sec-fetch-site': 'same-origin' };
    return expectStatus(await call<Scanned>(`${gateway.url}/v1/scans`, { headers, json }), 201);
  }

  test('comes back to the very ticket, however long it took, and is who the provider says', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser();
    const back = await signIn(phone, ticket.notice.scan?.url ?? '', 'ada', 2500);
    expect(back).toMatch(`${gateway.url}/s/${ticket.ticketId}.`);
    expect(back).not.toBe(ticket.notice.scan?.url);
    const scanned = await scanBy(phone, back);
    const headers = { cookie: phone.cookies(gateway.url), 'sec-fetch-site': 'same-origin' };
    expectStatus(await confirm(gateway.url, scanned, 'ada', { headers }), 200);
    const { result } = expectStatus(await look(ticket), 200);
    const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
    const claims = JSON.parse(atob(tokens.id_token?.split('.')[1] ?? '')) as Record<string, unknown>;
    expect(claims).toMatchObject({ sub: 'ada', name: 'Name of ada', picture: 'https://pictures.example/1' });
    expect(await phone.open(`${gateway.url}/device`)).toContain('Name of ada');
  });

  test('attack: a callback that another browser began, or none, signs nobody in', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser();
    await phone.open(ticket.notice.scan?.url ?? '');
    const start = `${gateway.url}/phone/oidc/start`;
    const stop = (address: string): boolean => address.startsWith('http://127.0.0.1');
    const state = new URL(await phone.open(start, undefined, stop)).searchParams.get('state');
    const callback = `${gateway.url}/phone/oidc/callback?code=stolen`;
    for (const [browser, address] of [
      [new PhoneBrowser(), `${callback}&state=${state}`],
      [phone, `${callback}&state=other`],
      [phone, callback],
    ] as const) {
      const page = await browser.open(address);
      expect(page).toContain('invalid_request');
      expect(browser.cookies(gateway.url)).not.toContain('scangate_phone');
    }
    const refused = await phone.open(`${callback}&state=${state}`);
    expect(refused).toContain('href="/phone/oidc/start?return_to=%2Fdevice"');
    expect(phone.cookies(gateway.url)).not.toContain('scangate_phone');
  });

  test('attack: it comes back to no other site', async () => {
    const phone = new PhoneBrowser();
    const stop = (address: string): boolean => address.startsWith('http://127.0.0.1');
    for (const to of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
      const begun = await phone.open(
        `${gateway.url}/phone/oidc/start?return_to=${encodeURIComponent(to)}`,
        undefined,
        stop,
      );
      const state = new URL(begun).searchParams.get('state');
      await phone.open(`${gateway.url}/phone/oidc/callback?error=access_denied&state=${state}`);
      expect(new URL(phone.address).origin).toBe(gateway.url);
    }
  });

  test('a provider that goes away gives a readable page and loses no ticket', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser();
    await phone.open(ticket.notice.scan?.url ?? '');
    const stop = (address: string): boolean => address.startsWith('http://127.0.0.1');
    const begun = await phone.open(`${gateway.url}/phone/oidc/start`, undefined, stop);
    await provider.stop();
    const state = new URL(begun).searchParams.get('state');
    const page = await phone.open(
      `${gateway.url}/phone/oidc/callback?code=x&state=${state}&iss=${new URL(begun).origin}`,
    );
    expect(page).toContain('<h1');
    expect(page).toContain('store_unavailable');
    expect(expectStatus(await look(ticket), 200).status).toBe('pending');
  });
});
