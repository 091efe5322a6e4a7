import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  const policy = { shows_scanner: true, number_match: true, verified: true, pkce: 'required' } as const;
  edge = await startEdge({ clients: [{ policy }] });
});
afterAll(() => edge.stop());

async function scanned(): Promise<readonly [Minted, Scanned, string, string[]]> {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const phone = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  const right = expectStatus(await look(ticket, edge.url), 200).number!;
  const wrong = Array.from({ length: 12 }, (_, index) => String(10 + index)).filter((n) => n !== right);
  return [ticket, phone, right, wrong];
}

const denied = { status: 'denied', reason: 'number', result: { error: 'access_denied' } };

test('attack: numbers guessed one by one end the ticket at the last wrong one', async () => {
  const [ticket, phone, right, wrong] = await scanned();
  for (const [index, number] of wrong.slice(0, 3).entries()) {
    const answer = await confirm(edge.url, phone, 'alice', { number });
    const [status, code, ticketStatus] =
      index < 2 ? [400, 'invalid_request', 'scanned'] : [409, 'already_denied', 'denied'];
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ code, field: 'number', ticket_status: ticketStatus }),
    ]);
  }
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject(denied);
  const late = await confirm(edge.url, phone, 'alice', { number: right });
  expect([late.status, late.body]).toEqual([409, expect.objectContaining({ code: 'already_denied' })]);
  expectStatus(await deny(edge.url, phone), 200);
});

test('attack: numbers guessed all at once end it as well', async () => {
  const [ticket, phone, right, wrong] = await scanned();
  const statuses = await Promise.all(
    wrong.map(async (number) => (await confirm(edge.url, phone, 'alice', { number })).status),
  );
  expect(statuses.filter((status) => status !== 400 && status !== 409)).toEqual([]);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject(denied);
  expect((await confirm(edge.url, phone, 'alice', { number: right })).status).toBe(409);
});

test('attack: a right number does not count where others that came at the same time used up the tries', async () => {
  const [ticket, phone, right] = await scanned();
  // Three are under way at other nodes, and none has denied the ticket yet.
  for (let count = 0; count < 3; count += 1)
    await edge.ledger.count(`number-tries:${ticket.ticketId}`, 60_000);
  expect((await confirm(edge.url, phone, 'alice', { number: right })).status).toBe(409);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject(denied);
});

test('the last number that a ticket allows may be the right one, and a phone that knows no numbers is told', async () => {
  const [, phone, right, wrong] = await scanned();
  const none = await confirm(edge.url, phone);
  expect([none.status, none.body]).toEqual([400, expect.objectContaining({ field: 'number' })]);
  for (const number of wrong.slice(0, 2)) await confirm(edge.url, phone, 'alice', { number });
  expectStatus(await confirm(edge.url, phone, 'alice', { number: right }), 200);
});

test('the last number, sent twice at one time, is one try', async () => {
  const [ticket, phone, right, wrong] = await scanned();
  for (const number of wrong.slice(0, 2)) await confirm(edge.url, phone, 'alice', { number });
  const twice = [right, right].map((number) => confirm(edge.url, phone, 'alice', { number }));
  expect((await Promise.all(twice)).map(({ status }) => status)).toEqual([200, 200]);
  expect(expectStatus(await look(ticket, edge.url), 200).status).toBe('confirmed');
});
