import { randomBytes } from 'node:crypto';
import { expectStatus } from '../support/call.ts';
import type { Random } from '../support/random.ts';
import { cancel, confirm, deny, look, mint, readScanCode, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import type { Exchanged, Sending } from './exchange.ts';
import { letters } from './schema-value.ts';

/**
 * What somebody tries who has a photograph of the QR code, and nothing else: the ticket's id and its scan code stand in it. They
 * have tickets, and a phone, of their own.
 */
export interface Photographer {
  readonly own: Minted;
  readonly phone: string;
}

/** A ticket in some state, as the photograph shows it. */
export interface Photographed {
  readonly state: string;
  readonly ticketId: string;
  readonly scanCode: string;
  /** What its own browser is told now; undefined for one that never was. */
  readonly look?: () => Promise<string>;
}

/** One try, for the ticket of a photograph or for one that never was: `tried` makes the same of both. */
export interface Try {
  readonly name: string;
  readonly tried: (ticket: Photographed) => Sending;
}

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Tickets in each state that one can be in. */
export async function photographAll(url: string): Promise<readonly Photographed[]> {
  const all = await Promise.all(
    ['pending', 'scanned', 'confirmed', 'denied', 'cancelled'].map(async (state) => ({
      state,
      ticket: await mint(url, { redirectUri: undefined }),
    })),
  );
  for (const { state, ticket } of all) {
    if (state === 'cancelled') expectStatus(await cancel(ticket), 204);
    if (state === 'pending' || state === 'cancelled') continue;
    const phone = expectStatus(await scan(url, readScanCode(ticket.notice)), 201);
    if (state === 'confirmed') expectStatus(await confirm(url, phone), 200);
    if (state === 'denied') expectStatus(await deny(url, phone), 200);
  }
  return all.map(({ state, ticket }) => ({
    state,
    ticketId: ticket.ticketId,
    scanCode: readScanCode(ticket.notice),
    look: async () => expectStatus(await look(ticket), 200).status,
  }));
}

export async function makePhotographer(url: string): Promise<Photographer> {
  return { own: await mint(url, { redirectUri: undefined }), phone: 'Bearer demo-mallory' };
}

/** A ticket that never was, with a code of the same shape. */
export function unknownTicket(random: Random): Photographed {
  const ticketId = randomBytes(16).toString('base64url');
  return { state: 'none', ticketId, scanCode: `${ticketId}.0.${letters(random, 22)}` };
}

/** What they may say they are: the parts of the code, their own secrets, guesses. */
function credentials({ own, phone }: Photographer, random: Random) {
  const guess = letters(random, 22);
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  const cookie = (id: string, secret: string) => ({
    cookie: `scangate_${id}=${secret}`,
    'sec-fetch-site': 'same-origin',
  });
  const mac = (code: string): string => code.split('.')[2] ?? '';
  return random.pick<{ name: string; of: (ticket: Photographed) => Record<string, string> }>([
    { name: 'nothing', of: () => ({}) },
    { name: 'the scan code', of: ({ scanCode }) => bearer(scanCode) },
    { name: 'the scan code as a cookie', of: ({ ticketId, scanCode }) => cookie(ticketId, scanCode) },
    { name: 'its MAC as a secret', of: ({ ticketId, scanCode }) => bearer(`${ticketId}.b.${mac(scanCode)}`) },
    { name: 'a guess', of: ({ ticketId }) => bearer(`${ticketId}.b.${guess}`) },
    { name: 'a guess as a cookie', of: ({ ticketId }) => cookie(ticketId, `${ticketId}.b.${guess}`) },
    { name: 'a secret of their own', of: () => bearer(own.secret) },
    { name: 'a secret of their own as a cookie', of: ({ ticketId }) => cookie(ticketId, own.secret) },
    {
      name: 'their own MAC',
      of: ({ ticketId }) => bearer(`${ticketId}.b.${own.secret.split('.')[2] ?? ''}`),
    },
    { name: 'their phone', of: () => ({ authorization: phone }) },
  ]);
}

const WATCHES = [
  '',
  '/qr.svg',
  '/qr.png',
  '/events',
  '/poll?wait=0',
  '/socket',
  '/page',
  '/same-device',
  '/wechat',
];

/** The next try that they think of. */
export function nextTry(photographer: Photographer, random: Random): Try {
  const credential = credentials(photographer, random);
  const path = random.pick([...WATCHES, 'DELETE', '/accept', '/return', '/confirm', '/deny', 'redeem']);
  const tried = (ticket: Photographed): Sending => {
    const headers = credential.of(ticket);
    const at = `/v1/tickets/${ticket.ticketId}`;
    switch (path) {
      case 'DELETE':
        return { method: 'DELETE', path: at, headers };
      case '/accept':
        return { method: 'POST', path: at + path, headers };
      case '/return':
        return {
          method: 'POST',
          path: at + path,
          headers: { ...headers, ...json },
          body: JSON.stringify({ return_secret: ticket.scanCode }),
        };
      case '/confirm':
      case '/deny':
        return {
          method: 'POST',
          path: at + path,
          headers: { ...json, authorization: photographer.phone },
          body: JSON.stringify({ handshake: ticket.scanCode }),
        };
      case 'redeem':
        return {
          method: 'POST',
          path: '/oauth/token',
          headers: form,
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            client_id: 'demo',
            code: ticket.scanCode,
            code_verifier: photographer.own.verifier,
          }).toString(),
        };
      default:
        return { method: 'GET', path: at + path, headers };
    }
  };
  return { name: `${path === '' ? 'status' : path} with ${credential.name}`, tried };
}

/** An answer without what differs anyway: the time, the id of the request, and the ticket's own id. */
export function comparable(answer: Exchanged, { ticketId, scanCode }: Photographed): unknown {
  if (answer === undefined) return 'held';
  const { date: _date, 'x-request-id': _id, ...headers } = answer.headers;
  const plain = (text: string): string => text.replaceAll(scanCode, 'CODE').replaceAll(ticketId, 'TICKET');
  return { status: answer.status, headers: plain(JSON.stringify(headers)), text: plain(answer.text) };
}
