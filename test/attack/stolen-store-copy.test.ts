import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { TicketSecrets } from '../../src/secrets/ticket-secrets.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

/** Somebody reads the whole store, from a backup say, and has none of the gateway's secrets. */

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({
    token: 'own',
    clients: [
      {
        scope: ['openid', 'profile', 'offline_access'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
  });
});
afterAll(() => edge.stop());

/** Every byte that the store has written. */
async function copyOfStore(): Promise<string> {
  const names = await readdir(edge.folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return (await Promise.all(files.map((path) => readFile(path, 'latin1')))).join('\n');
}

interface Approved {
  readonly ticket: Minted;
  readonly handshake: string;
  readonly code: string;
  readonly cursor: Cursor;
}

async function approved(): Promise<Approved> {
  const ticket = await mint(edge.url, {
    clientId: 'app',
    redirectUri: undefined,
    scope: 'openid offline_access',
  });
  const phone = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  expectStatus(await confirm(edge.url, phone), 200);
  const notice = expectStatus(await look(ticket, edge.url), 200);
  return {
    ticket,
    handshake: phone.handshake,
    code: notice.result!.code,
    cursor: notice.cursor as Cursor,
  };
}

test('attack: no secret of a ticket, a code, a token or a cookie stands in a copy of the store', async () => {
  const { ticket, handshake, code } = await approved();
  const tokens = expectStatus(await redeem(edge.url, ticket, code), 200);
  const device = await call<{ device_code: string; user_code: string }>(
    `${edge.url}/oauth/device_authorization`,
    { form: { client_id: 'demo', scope: 'openid' } },
  );
  const { device_code: deviceCode, user_code: userCode } = expectStatus(device, 200);
  const copy = await copyOfStore();
  expect(copy).toContain(ticket.ticketId);
  const macs = [ticket.secret, handshake, code, readScanCode(ticket.notice), deviceCode];
  const secrets = [...macs, tokens.access_token, tokens.refresh_token!].flatMap((text) => [
    text,
    text.split('.').at(-1)!,
  ]);
  for (const secret of [...secrets, ticket.verifier, userCode, userCode.replace('-', '')])
    expect([secret, copy.includes(secret)]).toEqual([secret, false]);
});

test('attack: nothing in a copy of the store, taken for a key or for a MAC, opens anything in ten thousand tries', async () => {
  const { ticket, code, cursor } = await approved();
  const { ticketId } = ticket;
  const words = [...new Set((await copyOfStore()).match(/[\w-]{12,}/g) ?? [])];
  expect(words.length).toBeGreaterThan(20);
  const right = [ticket.secret, code];
  let tries = 0;
  for (let round = 0; tries < 10_000; round += 1)
    for (const word of words) {
      const key = createHash('sha256')
        .update(`${round === 0 ? '' : round}${word}`)
        .digest('base64url');
      const ring = new KeyRing([/^[\w-]{43}$/.test(word) && round === 0 ? word : key]);
      const forged = new TicketSecrets(ring);
      const secret = forged.browserSecret(ticketId, ring.makingId, 'bearer');
      const forgedCode = forged.code(ticketId, ring.makingId, cursor);
      const asMac = `${ticketId}.b.${word.slice(0, 22)}`;
      expect(edge.secrets.checkBrowserSecret(secret, 'bearer')).toBeUndefined();
      expect(edge.secrets.checkBrowserSecret(asMac, 'bearer')).toBeUndefined();
      expect(edge.secrets.checkCode(forgedCode)).toBeUndefined();
      expect(right).not.toContain(secret);
      tries += 3;
    }
  const headers = { authorization: `Bearer ${ticketId}.b.${words[0]!.slice(0, 22)}` };
  expect((await call(`${edge.url}/v1/tickets/${ticketId}`, { headers })).status).toBe(404);
  expect(edge.secrets.checkBrowserSecret(ticket.secret, 'bearer')).toBeDefined();
  expect(edge.secrets.checkCode(code)).toBeDefined();
});
