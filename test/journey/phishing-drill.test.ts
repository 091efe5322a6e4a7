import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, expectStatus } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { writePlaces } from '../support/places.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { MintOptions, Scanned } from '../support/signin.ts';

/** Who makes a code in Lyon and has it scanned in Berlin, by the policy of the client that it is for. */

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const ATTACKER = '198.51.100.66';
const VICTIM = '203.0.113.7';
const POLICIES = {
  match: { other_country: 'match' },
  refuse: { other_country: 'refuse' },
  known: { new_browser: 'refuse' },
  shop: {},
};
type Client = keyof typeof POLICIES;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let gateway: Gateway;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [clients, places] = [join(folder.path, 'clients.json'), join(folder.path, 'places.mmdb')];
  const registered = Object.entries(POLICIES).map(([id, risk]) => ({
    client_id: id,
    redirect_uris: ['https://shop.example/back'],
    grant_types: ['authorization_code', DEVICE_GRANT],
    scangate: { risk },
  }));
  await writeFile(clients, JSON.stringify(registered));
  await writePlaces(places, {
    '198.51.100.0/24': { country: 'FR', city: 'Lyon' },
    '203.0.113.0/24': { country: 'DE', city: 'Berlin' },
  });
  gateway = await startGateway({
    env: {
      SCANGATE_CLIENTS_FILE: clients,
      SCANGATE_PLACES_FILE: places,
      SCANGATE_TRUSTED_PROXIES: '127.0.0.1,::1',
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await folder?.remove();
});

const from = (ip: string): Readonly<Record<string, string>> => ({ 'x-forwarded-for': ip });
const victim = { headers: { ...from(VICTIM), authorization: 'Bearer demo-alice' } };

interface Told extends Scanned {
  readonly risk?: { readonly outcome: string; readonly reasons: readonly string[] };
}

/** A sign-in that somebody began: what a phone scans, what its own screen shows, and whether it got in. */
interface Begun {
  readonly code: string | { readonly userCode: string };
  /** The number, and how it stands. */
  look(): Promise<{
    readonly number?: string | undefined;
    readonly status: string;
    readonly reason?: string;
  }>;
  getsIn(): Promise<boolean>;
}

async function codeFlow(clientId: Client, ip: string, options: MintOptions = {}): Promise<Begun> {
  const headers = { ...from(ip), ...options.headers };
  const ticket = await mint(gateway.url, { clientId, redirectUri: undefined, ...options, headers });
  const notice = async () => expectStatus(await look(ticket), 200);
  return {
    code: readScanCode(ticket.notice),
    look: notice,
    async getsIn() {
      const { result } = await notice();
      if (result?.code === undefined) return false;
      expect(expectStatus(await redeem(gateway.url, ticket, result.code), 200)).toHaveProperty(
        'access_token',
      );
      return true;
    },
  };
}

async function deviceFlow(clientId: Client, ip: string): Promise<Begun> {
  const {
    device_code: deviceCode,
    user_code: userCode,
    links,
  } = expectStatus(
    await call<{ device_code: string; user_code: string; links: { self: string } }>(
      `${gateway.url}/oauth/device_authorization`,
      { form: { client_id: clientId, scope: 'openid', number_shown: 'true' }, headers: from(ip) },
    ),
    200,
  );
  return {
    code: { userCode },
    async look() {
      const headers = { authorization: `Bearer ${deviceCode}` };
      return expectStatus(await call<{ status: string }>(links.self, { headers }), 200);
    },
    async getsIn() {
      const form = { grant_type: DEVICE_GRANT, client_id: clientId, device_code: deviceCode };
      const { status, body } = await call(`${gateway.url}/oauth/token`, { form });
      expect([status, 'access_token' in body]).toEqual(status === 200 ? [200, true] : [400, false]);
      return status === 200;
    },
  };
}

async function victimScans({ code }: Begun): Promise<Told> {
  return expectStatus(await scan(gateway.url, code, 'alice', victim), 201);
}

const victimConfirms = async (phone: Told, number?: string): Promise<number> => {
  const options = { ...victim, ...(number === undefined ? {} : { number }) };
  return (await confirm(gateway.url, phone, 'alice', options)).status;
};

describe.each([
  ['the code flow', codeFlow],
  ['the device flow', deviceFlow],
] as const)('attack: made in Lyon, scanned in Berlin, by %s', (_flow, begin) => {
  test('a copied code gets nobody in under match, whatever the victim types', async () => {
    const begun = await begin('match', ATTACKER);
    const phone = await victimScans(begun);
    expect(phone).toMatchObject({ number_match: true, browser: { place: 'Lyon, France', ip: ATTACKER } });
    expect(await victimConfirms(phone)).toBe(400);
    const { number } = await begun.look();
    const wrong = ['10', '11', '12', '13'].filter((other) => other !== number).slice(0, 3);
    for (const other of wrong) await victimConfirms(phone, other);
    expect(await begun.look()).toMatchObject({ status: 'denied', reason: 'number' });
    expect(await begun.getsIn()).toBe(false);
  });

  test('a live relay of code and number gets in under match, and is recorded', async () => {
    const begun = await begin('match', ATTACKER);
    const phone = await victimScans(begun);
    const { number } = await begun.look();
    expect(await victimConfirms(phone, number)).toBe(200);
    expect(await begun.getsIn()).toBe(true);
    const lines = gateway.output().stdout.split('\n');
    const line =
      lines.find((text) => text.includes(phone.ticket_id) && text.includes('other_country')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      msg: 'a sign-in must match its number for its risk',
      reasons: expect.arrayContaining(['other_country', 'other_network']),
    });
  });

  test('a live relay gets nobody in under refuse: both sides hear of it, and the log names who made the code', async () => {
    const begun = await begin('refuse', ATTACKER);
    const phone = await victimScans(begun);
    expect(phone).toMatchObject({
      status: 'denied',
      browser: { place: 'Lyon, France' },
      risk: { outcome: 'refuse' },
    });
    expect(await begun.look()).toMatchObject({ status: 'denied', reason: 'risk' });
    expect(await begun.look()).not.toHaveProperty('number');
    expect(await victimConfirms(phone)).toBe(409);
    expect(await begun.getsIn()).toBe(false);
    const lines = gateway.output().stdout.split('\n');
    const line = lines.find((text) => text.includes(phone.ticket_id) && text.includes('refused_by_risk'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'warn', security: { address: ATTACKER } });
  });

  test('a live relay gets nobody in for known browsers only, from next door to the victim either', async () => {
    const begun = await begin('known', '203.0.113.66');
    const phone = await victimScans(begun);
    expect(phone.risk).toEqual({ outcome: 'refuse', reasons: ['new_browser'] });
    expect(await victimConfirms(phone)).toBe(409);
    expect(await begun.getsIn()).toBe(false);
  });

  test('a code without a policy is told to the victim, who may be fooled', async () => {
    const begun = await begin('shop', ATTACKER);
    const phone = await victimScans(begun);
    expect(phone.risk?.reasons).toContain('other_country');
    expect(await victimConfirms(phone)).toBe(200);
    expect(await begun.getsIn()).toBe(true);
  });
});

test('the victim’s own browser gets in for known browsers only, once it is known', async () => {
  const first = await mint(gateway.url, {
    clientId: 'shop',
    redirectUri: undefined,
    binding: 'cookie',
    headers: from(VICTIM),
  });
  const cookie = first.cookies.find((line) => line.startsWith('scangate_browser')) ?? '';
  const told = expectStatus(await scan(gateway.url, readScanCode(first.notice), 'alice', victim), 201);
  expect(await victimConfirms(told)).toBe(200);
  const own = await codeFlow('known', VICTIM, { binding: 'cookie', headers: { cookie } });
  const phone = await victimScans(own);
  expect(phone).not.toHaveProperty('risk');
  expect(await victimConfirms(phone)).toBe(200);
  expect((await own.look()).status).toBe('confirmed');
});
