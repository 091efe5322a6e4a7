import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { DEVICE_GRANT } from '../../src/oauth/clients/client.ts';
import { call, expectStatus } from '../support/call.ts';
import { at, cancel, confirm, deny, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned, Tokens } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';
import { HeadCount } from './head-count.ts';

let edge: RunningEdge;
let count: HeadCount;

beforeAll(async () => {
  count = new HeadCount();
  const policy = { shows_scanner: true, number_match: true, verified: true, pkce: 'required' } as const;
  edge = await startEdge({
    token: 'own',
    store: (store) => count.before(store),
    clients: [{ client_id: 'numbers', policy }],
  });
});

afterAll(async () => {
  await edge.stop();
  count.stop();
});

const CALLBACK = 'http://localhost:8080/demo/callback';
const SCOPE = 'openid offline_access';

const mintDemo = (): Promise<Minted> => mint(edge.url, { redirectUri: CALLBACK, scope: SCOPE });

async function scanned(ticket: Minted): Promise<Scanned> {
  return expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
}

async function confirmed(): Promise<{ readonly ticket: Minted; readonly code: string }> {
  const ticket = await mintDemo();
  expectStatus(await confirm(edge.url, await scanned(ticket)), 200);
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  return { ticket, code: result!.code };
}

async function openedSession(): Promise<Tokens> {
  const { ticket, code } = await confirmed();
  return expectStatus(await redeem(edge.url, ticket, code), 200);
}

interface Device {
  readonly device_code: string;
  readonly user_code: string;
}

async function startDevice(): Promise<Device> {
  const form = { client_id: 'demo', scope: 'openid' };
  return expectStatus(await call<Device & {}>(`${edge.url}/oauth/device_authorization`, { form }), 200);
}

async function pollDevice({ device_code }: Device, status: number): Promise<void> {
  const form = { grant_type: DEVICE_GRANT, client_id: 'demo', device_code };
  expectStatus(await call(`${edge.url}/oauth/token`, { form }), status);
}

async function getLink(ticket: Minted, link: string, status = 200): Promise<void> {
  expectStatus(await call(at(edge.url, link), { headers: ticket.secretHeaders }), status);
}

/** The first notice of a stream. */
async function firstEvent(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const ending = new AbortController();
  const response = await fetch(url, { headers, signal: ending.signal });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('data:')) break;
  }
  ending.abort();
  return text;
}

function firstMessage(ticket: Minted): Promise<string> {
  const url = at(edge.url, ticket.links.socket).replace(/^http/, 'ws');
  const socket = new WebSocket(url, 'scangate.v1', { headers: { ...ticket.secretHeaders } });
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => {
      socket.close();
      resolve((data as Buffer).toString());
    });
    socket.once('error', reject);
  });
}

/** The request that is counted, after everything that leads to it. */
type Prepared = () => Promise<unknown>;

const ONE_TICKET = { reads: { ticket: 1 }, parses: { ticket: 1 } };
const ONE_SESSION = { reads: { session: 1 }, parses: { session: 1 } };

const REQUESTS: readonly [name: string, prepare: () => Promise<Prepared>, counts: object][] = [
  ['a mint', async () => () => mintDemo(), { reads: {}, parses: {} }],
  [
    'a scan',
    async () => {
      const ticket = await mintDemo();
      return () => scanned(ticket);
    },
    ONE_TICKET,
  ],
  [
    'a scan by user code',
    async () => {
      const { user_code: userCode } = await startDevice();
      return async () => expectStatus(await scan(edge.url, { userCode }), 201);
    },
    ONE_TICKET,
  ],
  [
    'a confirm',
    async () => {
      const phone = await scanned(await mintDemo());
      return async () => expectStatus(await confirm(edge.url, phone), 200);
    },
    ONE_TICKET,
  ],
  [
    'a confirm with a number',
    async () => {
      const ticket = await mint(edge.url, { clientId: 'numbers', redirectUri: undefined });
      const phone = await scanned(ticket);
      const { number } = expectStatus(await look(ticket, edge.url), 200);
      return async () => expectStatus(await confirm(edge.url, phone, 'alice', { number: number! }), 200);
    },
    ONE_TICKET,
  ],
  [
    'a deny',
    async () => {
      const phone = await scanned(await mintDemo());
      return async () => expectStatus(await deny(edge.url, phone), 200);
    },
    ONE_TICKET,
  ],
  [
    'a cancel',
    async () => {
      const ticket = await mintDemo();
      return async () => expectStatus(await cancel(ticket, edge.url), 204);
    },
    ONE_TICKET,
  ],
  [
    'a confirm again',
    async () => {
      const phone = await scanned(await mintDemo());
      await confirm(edge.url, phone);
      return async () => expectStatus(await confirm(edge.url, phone), 200);
    },
    ONE_TICKET,
  ],
  [
    'a confirm too late, which expires the ticket',
    async () => {
      const phone = await scanned(await mintDemo());
      edge.advance(200_000);
      return async () => expectStatus(await confirm(edge.url, phone), 410);
    },
    ONE_TICKET,
  ],
  [
    'a QR code',
    async () => {
      const ticket = await mintDemo();
      return () => getLink(ticket, ticket.links.qr);
    },
    ONE_TICKET,
  ],
  [
    'a notice, looked at',
    async () => {
      const ticket = await mintDemo();
      return () => getLink(ticket, ticket.links.self);
    },
    ONE_TICKET,
  ],
  [
    'a notice, polled',
    async () => {
      const ticket = await mintDemo();
      await scanned(ticket);
      return () => getLink(ticket, `${ticket.links.poll}?after=${ticket.notice.cursor}`);
    },
    ONE_TICKET,
  ],
  [
    'a notice, the first of a stream',
    async () => {
      const ticket = await mintDemo();
      return () => firstEvent(at(edge.url, ticket.links.events), ticket.secretHeaders);
    },
    ONE_TICKET,
  ],
  [
    'a notice, the first of a socket',
    async () => {
      const ticket = await mintDemo();
      return () => firstMessage(ticket);
    },
    ONE_TICKET,
  ],
  [
    'a token request with a code',
    async () => {
      const { ticket, code } = await confirmed();
      return async () => expectStatus(await redeem(edge.url, ticket, code), 200);
    },
    ONE_TICKET,
  ],
  [
    'the same again, with its Idempotency-Key',
    async () => {
      const { ticket, code } = await confirmed();
      const key = { idempotencyKey: 'k' };
      await redeem(edge.url, ticket, code, key);
      return async () => expectStatus(await redeem(edge.url, ticket, code, key), 200);
    },
    { reads: { ticket: 1, session: 1 }, parses: { ticket: 1, session: 1 } },
  ],
  [
    'a token request of a device',
    async () => {
      const device = await startDevice();
      const { user_code: userCode } = device;
      const phone = expectStatus(await scan(edge.url, { userCode }), 201);
      await confirm(edge.url, phone);
      return () => pollDevice(device, 200);
    },
    ONE_TICKET,
  ],
  [
    'a token request of a device that has to wait',
    async () => {
      const device = await startDevice();
      return () => pollDevice(device, 400);
    },
    ONE_TICKET,
  ],
  [
    'a token request with a refresh token',
    async () => {
      const { refresh_token } = await openedSession();
      const form = { grant_type: 'refresh_token', client_id: 'demo', refresh_token };
      return async () => expectStatus(await call(`${edge.url}/oauth/token`, { form }), 200);
    },
    ONE_SESSION,
  ],
  [
    'a session, revoked by its client',
    async () => {
      const { refresh_token: token } = await openedSession();
      const form = { client_id: 'demo', token };
      return async () => expectStatus(await call(`${edge.url}/oauth/revoke`, { form }), 200);
    },
    ONE_SESSION,
  ],
];

test.each(REQUESTS)('%s reads and parses a head once', async (_, prepare, counts) => {
  const request = await prepare();
  expect(await count.of(request)).toEqual(counts);
});
