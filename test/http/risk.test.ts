import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Place, Places } from '../../src/place/places.ts';
import type { RiskPolicy } from '../../src/ticket/risk.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, MintOptions, Scanned } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const BERLIN = '203.0.113.7';
const LYON = '198.51.100.7';

const place = (country: string, city: string): Place => ({
  country,
  name: (language) => `${city}, ${new Intl.DisplayNames(language, { type: 'region' }).of(country)}`,
});
const PLACES: Places = {
  isThere: true,
  find: (ip) =>
    ip.startsWith('203.0.113.') || ip.startsWith('10.')
      ? place('DE', 'Berlin')
      : ip === LYON
        ? place('FR', 'Lyon')
        : undefined,
};

const POLICIES = {
  free: {},
  match: { other_country: 'match', many_phones: 'match' },
  refuse: { other_country: 'refuse', many_phones: 'refuse' },
  known: { new_browser: 'refuse' },
  watched: { new_browser: 'allow' },
  busy: { many_codes: 'match', many_scans: 'refuse' },
} as const satisfies Record<string, RiskPolicy>;

let edge: RunningEdge;

beforeAll(async () => {
  edge = await startEdge({
    env: {
      SCANGATE_TRUSTED_PROXIES: '127.0.0.1',
      SCANGATE_RISK_CODES: '2',
      SCANGATE_RISK_SCANS: '3',
      SCANGATE_RISK_WAIT: 'PT5S',
    },
    clients: Object.entries(POLICIES).map(([id, risk]) => ({
      client_id: id,
      grant_types: ['authorization_code', DEVICE_GRANT],
      policy: { shows_scanner: true, number_match: false, verified: true, pkce: 'required', risk },
    })),
    over: { places: PLACES },
  });
});
afterAll(() => edge.stop());

const from = (ip: string): Readonly<Record<string, string>> => ({ 'x-forwarded-for': ip });
type Client = keyof typeof POLICIES;

const mintFrom = (ip: string, clientId: Client, options: MintOptions = {}): Promise<Minted> =>
  mint(edge.url, { clientId, redirectUri: undefined, headers: from(ip), ...options });

function scanFrom(ip: string, ticket: Minted, name = 'alice', language = 'en') {
  const headers = { ...from(ip), authorization: `Bearer demo-${name}`, 'accept-language': language };
  return scan(edge.url, readScanCode(ticket.notice), name, { headers });
}

interface Judged extends Scanned {
  readonly risk?: { readonly outcome: string; readonly reasons: readonly string[] };
}

const judged = async (answer: ReturnType<typeof scan>, status = 201): Promise<Judged> =>
  expectStatus(await answer, status);

/** What the figures say of scans with this outcome and reason. */
async function figure(outcome: string, reason: string): Promise<number | undefined> {
  const { values } = await edge.metrics.risk.get();
  return values.find(({ labels }) => labels.outcome === outcome && labels.reason === reason)?.value;
}

describe('A scan from another country', () => {
  test('is told, and allowed where the policy says nothing', async () => {
    const ticket = await mintFrom(LYON, 'free');
    const before = await figure('allow', 'other_country');
    const phone = await judged(scanFrom(BERLIN, ticket));
    expect(phone.risk).toEqual({ outcome: 'allow', reasons: ['other_country', 'other_network'] });
    expect(phone.browser).toMatchObject({ place: 'Lyon, France', ip: LYON });
    expect(phone.number_match).toBeUndefined();
    expect(await figure('allow', 'other_country')).toBe((before ?? NaN) + 1);
    expectStatus(await confirm(edge.url, phone), 200);
  });

  test('says where from in the phone’s language', async () => {
    const phone = await judged(scanFrom(BERLIN, await mintFrom(LYON, 'free'), 'alice', 'de-AT, en;q=0.5'));
    expect(phone.browser).toMatchObject({ place: 'Lyon, Frankreich' });
  });

  test('takes the number that the browser shows', async () => {
    const ticket = await mintFrom(LYON, 'match');
    const phone = await judged(scanFrom(BERLIN, ticket));
    expect(phone).toMatchObject({ number_match: true, risk: { outcome: 'match' } });
    const none = await confirm(edge.url, phone);
    expect([none.status, none.body]).toEqual([400, expect.objectContaining({ field: 'number' })]);
    const { number } = expectStatus(await look(ticket, edge.url), 200);
    expectStatus(await confirm(edge.url, phone, 'alice', { number: number! }), 200);
    expect(edge.lines.at(-1)).not.toContain(LYON);
    const line = edge.lines.find((text) => text.includes(ticket.ticketId) && text.includes('other_country'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'info', client_id: 'match' });
  });

  test('is refused: the phone and the browser hear why, and nobody can confirm', async () => {
    const ticket = await mintFrom(LYON, 'refuse');
    const phone = await judged(scanFrom(BERLIN, ticket));
    expect(phone).toMatchObject({
      status: 'denied',
      browser: { place: 'Lyon, France' },
      risk: { outcome: 'refuse', reasons: ['other_country', 'other_network'] },
    });
    const again = await judged(scanFrom(BERLIN, ticket), 200);
    expect(again).toEqual({ ...phone, expires_in_ms: expect.any(Number) });
    const late = await confirm(edge.url, phone);
    expect([late.status, late.body]).toEqual([
      409,
      expect.objectContaining({ code: 'already_denied', field: 'risk', ticket_status: 'denied' }),
    ]);
    const notice = expectStatus(await look(ticket, edge.url), 200);
    expect(notice).toMatchObject({ status: 'denied', reason: 'risk', result: { error: 'access_denied' } });
    expect(notice).not.toHaveProperty('scanner');
    const line = edge.lines.find((text) => text.includes(ticket.ticketId) && text.includes('refused'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'warn',
      security: { kind: 'refused_by_risk', reason: 'other_country,other_network', address: LYON },
    });
  });

  test('is nothing to a phone in the browser’s own network', async () => {
    const phone = await judged(scanFrom('203.0.113.8', await mintFrom(BERLIN, 'refuse')));
    expect(phone).not.toHaveProperty('risk');
    expect(phone).toMatchObject({ status: 'scanned', browser: { same_network: true } });
  });

  test('and one of a private address has no place', async () => {
    const phone = await judged(scanFrom('203.0.113.8', await mintFrom('10.0.0.7', 'free')));
    expect(phone.browser).not.toHaveProperty('place');
    expect(phone.risk?.reasons).toEqual(['other_network']);
  });
});

describe('A second phone', () => {
  const contested = async (client: Client): Promise<readonly [Minted, Scanned]> => {
    const ticket = await mintFrom(BERLIN, client);
    const phone = await judged(scanFrom('203.0.113.8', ticket));
    expectStatus(await scanFrom('203.0.113.9', ticket, 'bob'), 409);
    return [ticket, phone];
  };

  test('makes the first one match the number', async () => {
    const [ticket, phone] = await contested('match');
    expect((await confirm(edge.url, phone)).body).toMatchObject({ field: 'number' });
    const { number, second_phone } = expectStatus(await look(ticket, edge.url), 200);
    expect(second_phone).toBe(true);
    expect(await judged(scanFrom('203.0.113.8', ticket), 200)).toMatchObject({
      number_match: true,
      risk: { outcome: 'match', reasons: ['many_phones'] },
    });
    expectStatus(await confirm(edge.url, phone, 'alice', { number: number! }), 200);
  });

  test('ends it, where that is refused', async () => {
    const before = await figure('refuse', 'many_phones');
    const [ticket, phone] = await contested('refuse');
    expect(await figure('refuse', 'many_phones')).toBe((before ?? NaN) + 1);
    const line = edge.lines.find((text) => text.includes(ticket.ticketId) && text.includes('refused'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ security: { user: { subject: 'alice' } } });
    expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
      status: 'denied',
      reason: 'risk',
    });
    expect((await confirm(edge.url, phone)).body).toMatchObject({ code: 'already_denied', field: 'risk' });
  });
});

describe('A browser', () => {
  test('that is not known signs nobody in for who wants known ones alone', async () => {
    expect(await judged(scanFrom(BERLIN, await mintFrom(BERLIN, 'known')))).toMatchObject({
      status: 'denied',
      risk: { outcome: 'refuse', reasons: ['new_browser'] },
    });
  });

  test('that its user signed in in before does, and only that user', async () => {
    const jar = await knownBrowserOf('alice');
    const mine = await mintFrom(BERLIN, 'known', jar);
    const phone = await judged(scanFrom(BERLIN, mine));
    expect(phone).not.toHaveProperty('risk');
    expectStatus(await confirm(edge.url, phone), 200);
    const others = await mintFrom(BERLIN, 'known', jar);
    expect((await judged(scanFrom(BERLIN, others, 'bob'))).risk?.reasons).toEqual(['new_browser']);
  });

  /** A browser in which `name` signed in with a client that takes every browser. */
  async function knownBrowserOf(name: string): Promise<MintOptions> {
    const first = await mintFrom(BERLIN, 'watched', { binding: 'cookie' });
    const cookie = first.cookies.find((line) => line.startsWith('scangate_browser')) ?? '';
    const phone = await judged(scanFrom(BERLIN, first, name));
    expect(phone.risk).toEqual({ outcome: 'allow', reasons: ['new_browser'] });
    expectStatus(await confirm(edge.url, phone, name), 200);
    return { binding: 'cookie', headers: { ...from(BERLIN), cookie } };
  }
});

describe('Counts', () => {
  test('of one address’ codes and of one user’s scans grow to what is many', async () => {
    const outcomes: (string | undefined)[] = [];
    for (const name of ['ann', 'ben', 'cid']) {
      const phone = await judged(scanFrom('203.0.113.40', await mintFrom('203.0.113.30', 'busy'), name));
      outcomes.push(phone.risk?.reasons.join());
    }
    expect(outcomes).toEqual([undefined, undefined, 'many_codes']);
    for (const ip of ['203.0.113.51', '203.0.113.52', '203.0.113.53'])
      outcomes.push((await judged(scanFrom(ip, await mintFrom(ip, 'busy'), 'dan'))).risk?.outcome);
    expect(outcomes.slice(3)).toEqual([undefined, undefined, undefined]);
    const last = await judged(scanFrom(BERLIN, await mintFrom('203.0.113.54', 'busy'), 'dan'));
    expect(last).toMatchObject({ status: 'denied', risk: { outcome: 'refuse', reasons: ['many_scans'] } });
  });

  test('are unknown, as the place is, of a browser whose own header contradicts its proxy’s', async () => {
    const headers = { ...from(LYON), forwarded: 'for=192.0.2.1' };
    const phone = await judged(scanFrom(BERLIN, await mintFrom(LYON, 'busy', { headers }), 'eve'));
    expect(phone.risk?.reasons).toEqual(['other_network', 'unknown_place', 'unknown_history']);
  });

  test('are not asked for where no policy names them', async () => {
    const ticket = await mintFrom(BERLIN, 'free');
    const before = edge.calls();
    await judged(scanFrom(BERLIN, ticket));
    expect(edge.calls() - before).toBe(2);
  });
});

describe('A device', () => {
  const begin = async (clientId: Client, form: Readonly<Record<string, string>> = {}) =>
    expectStatus(
      await call<{ user_code: string; device_code: string }>(`${edge.url}/oauth/device_authorization`, {
        form: { client_id: clientId, ...form },
        headers: from(LYON),
      }),
      200,
    );
  const scanUserCode = (userCode: string) =>
    scan(edge.url, { userCode }, 'alice', {
      headers: { ...from(BERLIN), authorization: 'Bearer demo-alice' },
    });

  test('that shows numbers is matched, and one that does not is refused', async () => {
    const shows = await begin('match', { number_shown: 'true' });
    expect(await judged(scanUserCode(shows.user_code))).toMatchObject({
      status: 'scanned',
      number_match: true,
    });
    const bare = await begin('match');
    expect(await judged(scanUserCode(bare.user_code))).toMatchObject({
      status: 'denied',
      risk: {
        outcome: 'refuse',
        reasons: ['other_country', 'other_network', 'device_elsewhere', 'no_number'],
      },
    });
  });
});
