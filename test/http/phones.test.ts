import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  const policy = { shows_scanner: false, number_match: true, verified: true, pkce: 'required' } as const;
  edge = await startEdge({
    clients: [{}, { client_id: 'numbers', client_uri: 'https://www.numbers.example/', policy }],
  });
});
afterAll(() => edge.stop());

const app = { clientId: 'app', redirectUri: undefined } as const;
const numbers = { clientId: 'numbers', redirectUri: undefined } as const;

async function scanned(options: { clientId: string; redirectUri: undefined }): Promise<[Minted, Scanned]> {
  const ticket = await mint(edge.url, options);
  return [ticket, expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201)];
}

/** The same number in the digits of another script, whose zero is given. */
function shifted(number: string, zero: number): string {
  return String.fromCodePoint(...number.split('').map((digit) => zero + Number(digit)));
}

test('the same user again gets the same answer', async () => {
  const [ticket, first] = await scanned(app);
  const again = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 200);
  expect({ ...again, expires_in_ms: 0 }).toEqual({ ...first, expires_in_ms: 0 });
  edge.advance(70_000);
  expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 200);
  expect((await scan(edge.url, readScanCode(ticket.notice), 'bob')).status).toBe(410);
});

test('a scan names exactly one code', async () => {
  const code = readScanCode((await mint(edge.url, app)).notice);
  for (const json of [{}, { scan_code: code, user_code: 'ABCD' }]) {
    const post = edge.api.post('/v1/scans').auth('demo-alice', { type: 'bearer' });
    expect((await post.send(json).expect(400)).body).toMatchObject({ field: 'scan_code' });
  }
  expect((await scan(edge.url, { userCode: 'WDJB-MJHT' })).status).toBe(404);
});

test('an idempotency key brings the first answer again, another body is refused', async () => {
  const ticket = await mint(edge.url, app);
  const code = readScanCode(ticket.notice);
  const key = { idempotencyKey: 'a-key' };
  expect((await scan(edge.url, code, 'alice', key)).status).toBe(201);
  const again = await scan(edge.url, code, 'alice', key);
  expect(again.status).toBe(201);
  const handshake = { ticket_id: ticket.ticketId, handshake: again.body.handshake };
  expect((await deny(edge.url, handshake, 'alice', key)).status).toBe(200);
  const other = await deny(edge.url, handshake, 'alice', { ...key, report: true });
  expect([other.status, other.body]).toEqual([
    422,
    expect.objectContaining({ code: 'idempotency_mismatch' }),
  ]);
  expect((await deny(edge.url, handshake, 'alice', key)).status).toBe(200);
});

test('an idempotency key is one of its caller and its ticket', async () => {
  const [one, other] = [await mint(edge.url, app), await mint(edge.url, app)];
  const key = { idempotencyKey: 'shared' };
  expect((await scan(edge.url, readScanCode(one.notice), 'alice', key)).status).toBe(201);
  expect((await scan(edge.url, readScanCode(one.notice), 'bob', key)).status).toBe(409);
  expect((await scan(edge.url, readScanCode(other.notice), 'alice', key)).status).toBe(201);
});

test.each(['', 'two words', 'x'.repeat(256), 'ü'])('an idempotency key is not %j', async (key) => {
  const ticket = await mint(edge.url, app);
  const answer = await scan(edge.url, readScanCode(ticket.notice), 'alice', { idempotencyKey: key });
  expect([answer.status, answer.body]).toEqual([400, expect.objectContaining({ field: 'Idempotency-Key' })]);
});

test('a number that must match is shown to the browser and asked of the phone', async () => {
  const [ticket, phone] = await scanned(numbers);
  expect(phone).toMatchObject({
    number_match: true,
    client: { domain: 'www.numbers.example', verified: true },
  });
  const notice = expectStatus(await look(ticket, edge.url), 200);
  expect(notice.number).toMatch(/^[1-9][0-9]$/);
  expect(notice).not.toHaveProperty('scanner');
  const missing = await confirm(edge.url, phone);
  expect([missing.status, missing.body]).toEqual([400, expect.objectContaining({ field: 'number' })]);
  const wrong = await confirm(edge.url, phone, 'alice', { number: notice.number === '10' ? '11' : '10' });
  expect([wrong.status, wrong.body]).toEqual([400, expect.objectContaining({ field: 'number' })]);
  expectStatus(await confirm(edge.url, phone, 'alice', { number: notice.number! }), 200);
  expectStatus(await confirm(edge.url, phone), 200);
});

test.each([
  ['full-width', (right: string) => shifted(right, 0xff10)],
  ['Arabic-Indic', (right: string) => shifted(right, 0x660)],
  ['extended Arabic-Indic', (right: string) => shifted(right, 0x6f0)],
  ['Devanagari', (right: string) => shifted(right, 0x966)],
  ['mathematical', (right: string) => shifted(right, 0x1d7ce)],
  ['spaced', (right: string) => `\u3000${right[0]} ${right[1]}\u200F `],
  ['dashed', (right: string) => `${right[0]}－${right[1]}`],
])('a number in %s digits counts as what it is, after a dozen that are none', async (_name, typed) => {
  const [ticket, phone] = await scanned(numbers);
  const right = expectStatus(await look(ticket, edge.url), 200).number!;
  for (const number of ['', ' ', '7', '123', 'ab', '１', '٢٩٣', '1.5', '½', '二九', '\u200B', '-'])
    expect((await confirm(edge.url, phone, 'alice', { number })).status).toBe(400);
  expectStatus(await confirm(edge.url, phone, 'alice', { number: typed(right) }), 200);
});

test('the same number again is the same try, and no phone uses up its tries by repeating itself', async () => {
  const [ticket, phone] = await scanned(numbers);
  const right = expectStatus(await look(ticket, edge.url), 200).number!;
  const wrong = ['10', '11', '12', '13', '14'].filter((number) => number !== right);
  const tried = async (number: string): Promise<number> =>
    (await confirm(edge.url, phone, 'alice', { number })).status;
  for (let count = 0; count < 6; count += 1) expect(await tried(wrong[0]!)).toBe(400);
  expect(expectStatus(await look(ticket, edge.url), 200).status).toBe('scanned');
  expect([await tried(wrong[1]!), await tried(wrong[0]!), await tried(wrong[2]!)]).toEqual([400, 400, 409]);
  expect([await tried(wrong[2]!), await tried(right)]).toEqual([409, 409]);
});

test('a store that is away is a 503 with a time to come back, and the same command again is answered', async () => {
  const [ticket, phone] = await scanned(app);
  edge.setAway(new StoreUnavailable('gone'));
  try {
    const answers = [
      await confirm(edge.url, phone),
      await look(ticket, edge.url),
      await call(`${edge.url}/v1/tickets`, {
        json: {
          client_id: 'app',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        },
      }),
    ];
    for (const { status, headers, body } of answers) {
      expect([status, (body as { code: unknown }).code]).toEqual([503, 'store_unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  } finally {
    edge.setAway(undefined);
  }
  expectStatus(await confirm(edge.url, phone), 200);
});

test('a demo phone’s name arrives as it was sent: as UTF-8 bytes, to its end, and uncut', async () => {
  const long = 'n'.repeat(200);
  for (const name of ['小明', 'voilà', 'été', long]) {
    const ticket = await mint(edge.url, app);
    const authorization = `Bearer demo-${Buffer.from(name).toString('latin1')}`;
    const asked = { json: { scan_code: readScanCode(ticket.notice) }, headers: { authorization } };
    expectStatus(await call(`${edge.url}/v1/scans`, asked), 201);
    const { scanner } = expectStatus(await look(ticket, edge.url), 200);
    expect(scanner).toEqual({ name: name.slice(0, 64) });
  }
  const code = readScanCode((await mint(edge.url, app)).notice);
  expect((await scan(edge.url, code, long)).status).toBe(201);
  expect((await scan(edge.url, code, long.slice(0, 64))).status).toBe(409);
  expect((await scan(edge.url, code, 'n'.repeat(256))).status).toBe(401);
});

test('an app without a domain has none', async () => {
  const bare = await startEdge({ clients: [{ redirect_uris: ['com.example.app:/cb'] }] });
  const ticket = await mint(bare.url, app);
  const { client } = expectStatus(await scan(bare.url, readScanCode(ticket.notice)), 201);
  expect(client).toEqual({ name: 'An <app>', verified: false });
  await bare.stop();
});
