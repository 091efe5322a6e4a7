import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import { cancel, confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

const app = { clientId: 'app', redirectUri: 'https://app.example/back?keep=1' } as const;

test('a sign-in by cookie from minting to the result', async () => {
  const ticket = await mint(edge.url, { ...app, binding: 'cookie', state: 's p&c' });
  expect(ticket.notice).toMatchObject({ status: 'pending', reset: false, advice: { final: false } });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  expect(scanned).toMatchObject({
    status: 'scanned',
    client: { name: 'An <app>', domain: 'app.example', verified: false },
    browser: { ip: '127.0.0.1', same_network: true },
  });
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
    status: 'scanned',
    scanner: { name: 'alice' },
  });
  expect(expectStatus(await confirm(edge.url, scanned), 200)).toEqual({ status: 'confirmed' });
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  const back = new URL(result?.redirect_to ?? '');
  expect(back.origin + back.pathname).toBe('https://app.example/back');
  expect(Object.fromEntries(back.searchParams)).toEqual({
    keep: '1',
    code: result?.code,
    state: 's p&c',
    iss: 'http://localhost:8080',
  });
  expectStatus(await confirm(edge.url, scanned), 200);
  expect((await cancel(ticket, edge.url)).body).toMatchObject({
    code: 'already_confirmed',
    ticket_status: 'confirmed',
  });
});

test('deny', async () => {
  const ticket = await mint(edge.url, app);
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  expect(expectStatus(await deny(edge.url, scanned, 'alice', { report: true }), 200)).toEqual({
    status: 'denied',
  });
  expect((await confirm(edge.url, scanned)).status).toBe(409);
  expect(expectStatus(await look(ticket, edge.url), 200)).toMatchObject({
    status: 'denied',
    advice: { final: true },
  });
});
