import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

/** Codes of the screen and codes of "this device" are two purposes: one asks for a number, the other binds the result. */

let edge: RunningEdge;
beforeAll(async () => {
  const policy = { shows_scanner: true, number_match: true, verified: false, pkce: 'required' } as const;
  edge = await startEdge({ token: 'own', clients: [{ policy }] });
});
afterAll(() => edge.stop());

const BACK = 'https://app.example/back?keep=1';
const begin = (): Promise<Minted> =>
  mint(edge.url, { clientId: 'app', redirectUri: BACK, binding: 'cookie' });
const pathOf = ({ ticketId }: Minted): string => `${edge.url}/v1/tickets/${ticketId}`;

async function sameDeviceCode(ticket: Minted): Promise<string> {
  const answer = await call(`${pathOf(ticket)}/same-device`, { headers: ticket.secretHeaders });
  expectStatus(answer, 303);
  return (answer.headers.get('location') ?? '').slice('/s/'.length);
}

test('attack: a photographed code is not made into one of the same device, which asks for no number', async () => {
  const ticket = await begin();
  const [id, period = '', mac] = readScanCode(ticket.notice).split('.');
  for (const data of [`s${period}`, `S${period}`, `s0${period}`, `ss${period}`])
    expect((await scan(edge.url, `${id}.${data}.${mac}`, 'mallory')).status).toBe(404);
  expect(expectStatus(await look(ticket, edge.url), 200).status).toBe('pending');
});

test('attack: who scanned the screen does not get rid of the number by the code of the same device', async () => {
  const ticket = await begin();
  const other = await sameDeviceCode(ticket);
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'victim'), 201);
  expect(scanned).toMatchObject({ number_match: true });
  const again = expectStatus(await scan(edge.url, other, 'victim'), 200);
  expect(again).toMatchObject({ number_match: true });
  expect(again).not.toHaveProperty('same_device');
  expect((await confirm(edge.url, again, 'victim')).status).toBe(400);
});

test('attack: a code of the same device that is shown as a QR code tells its result to nobody', async () => {
  const ticket = await begin();
  const code = await sameDeviceCode(ticket);
  expectStatus(await scan(edge.url, code, 'victim'), 201);
  const again = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'victim'), 200);
  expect(again).toMatchObject({ same_device: true });
  expectStatus(await confirm(edge.url, again, 'victim'), 200);
  const notice = expectStatus(await look(ticket, edge.url), 200);
  expect(notice).toMatchObject({ status: 'confirmed', same_device: true });
  expect(notice).not.toHaveProperty('result');
});

test('attack: what was confirmed by the screen is given back by no return secret, not even a right one', async () => {
  const ticket = await begin();
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'victim'), 201);
  const { number } = expectStatus(await look(ticket, edge.url), 200);
  const decided = expectStatus(await confirm(edge.url, scanned, 'victim', { number: number! }), 200);
  expect(decided).not.toHaveProperty('return_url');
  const { cursor } = expectStatus(await look(ticket, edge.url), 200);
  const secret = edge.secrets.returnSecret(ticket.ticketId, edge.keyId, cursor as Cursor);
  const json = { return_secret: secret };
  const answer = await call(`${pathOf(ticket)}/return`, { headers: ticket.secretHeaders, json });
  expect(answer.status).toBe(404);
});
