import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Sender } from '../fuzz/exchange.ts';
import { repeated } from '../fuzz/fuzz.ts';
import { CALLBACK, startFuzzedGateway } from '../fuzz/gateway.ts';
import { holdingOf } from '../fuzz/growth.ts';
import { sendMalformed } from '../fuzz/requests.ts';
import { playSequences } from '../fuzz/sequences.ts';
import { newTally } from '../fuzz/tally.ts';
import { MARK, mistakeOf } from '../fuzz/verdict.ts';
import { expectStatus } from '../support/call.ts';
import { rounds, seeded } from '../support/random.ts';
import { confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';

/** A sample of `npm run fuzz`, which plays far more of the same. */
const REQUESTS = rounds(400, 20_000);
const SEQUENCES = rounds(20, 2000);
const DESCRIPTORS_MORE = 12;

let gateway: Awaited<ReturnType<typeof startFuzzedGateway>>['gateway'];
let stop: () => Promise<void>;
let sender: Sender;
beforeAll(async () => {
  ({ gateway, stop } = await startFuzzedGateway());
});
afterAll(() => stop());
beforeEach(() => {
  sender = new Sender(gateway.url, 8);
});
afterEach(() => sender.close());

test(
  'attack: malformed requests get answers that openapi.yaml has, and no secret back',
  seeded(async ({ seed }) => {
    const before = await holdingOf(gateway.pid);
    const tally = newTally();
    await sendMalformed(gateway.url, sender, { seed, from: 0, to: REQUESTS }, tally);
    expect(tally.mistakes).toEqual([]);
    expect(tally.sent).toBeGreaterThanOrEqual(REQUESTS);
    for (const status of ['400', '401', '404', '405', '415']) expect(tally.statuses.has(status)).toBe(true);
    expect(repeated(gateway.output())).toEqual([]);
    sender.close();
    const more = async (): Promise<number> => (await holdingOf(gateway.pid)).descriptors - before.descriptors;
    await until(async () => (await more()) < DESCRIPTORS_MORE, { what: 'the end of connections' });
  }),
);

test(
  'attack: one wrong thing in the midst of a sign-in is refused, and changes nothing of it',
  seeded(async ({ seed }) => {
    const tally = newTally();
    await playSequences(sender, { seed, from: 0, to: SEQUENCES }, tally);
    expect(tally.mistakes).toEqual([]);
    expect(tally.played).toBe(SEQUENCES);
    expect(repeated(gateway.output())).toEqual([]);
  }),
);

test('attack: another user than the one who scanned decides nothing, with the right handshake', async () => {
  const ticket = await mint(gateway.url, { clientId: 'app', redirectUri: CALLBACK });
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), 'alice'), 201);
  for (const decide of [confirm, deny])
    expect((await decide(gateway.url, scanned, 'mallory')).body).toMatchObject({ code: 'not_found' });
  expect(expectStatus(await look(ticket), 200).status).toBe('scanned');
  expectStatus(await confirm(gateway.url, scanned, 'alice'), 200);
});

test('what these look for is found', () => {
  const sent = { method: 'GET', path: '/livez', headers: {} };
  const answer = { method: 'GET', path: '/livez', type: 'application/problem+json', headers: {} };
  const refused = (status: number, detail: string): string | undefined => {
    const text = JSON.stringify({ status, code: 'invalid_request', title: '', type: 'about:blank', detail });
    return mistakeOf(sent, { ...answer, status, body: text, text }, ['hush']);
  };
  expect(refused(400, 'no')).toBeUndefined();
  expect(refused(400, `no ${MARK}`)).toContain('repeats a secret');
  expect(refused(400, 'no hush')).toContain('repeats a secret');
  expect(refused(418, 'no')).toContain('is not documented');
  expect(refused(500, 'no')).toContain('500');
});
