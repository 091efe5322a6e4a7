import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({
    clients: [{}, { client_id: 'other', redirect_uris: ['https://other.example/cb'] }],
  });
});
afterAll(() => edge.stop());

/** What a page of a site reaches with the socket of a ticket: a notice, a close code, or the status of a refusal. */
function reached(
  ticket: Minted,
  headers: Readonly<Record<string, string>>,
  first?: object,
): Promise<string | number> {
  const url = `${edge.url.replace('http', 'ws')}/v1/tickets/${ticket.ticketId}/socket`;
  return new Promise((resolve) => {
    const socket = new WebSocket(url, 'scangate.v1', { headers });
    const end = (how: string | number): void => {
      resolve(how);
      socket.terminate();
    };
    if (first !== undefined) socket.on('open', () => socket.send(JSON.stringify(first)));
    socket.on('message', (data: Buffer) =>
      end((JSON.parse(data.toString('utf8')) as { status: string }).status),
    );
    socket.on('unexpected-response', (_request, { statusCode }) => end(statusCode ?? 0));
    socket.on('close', (code) => end(code));
    socket.on('error', () => undefined);
  });
}

const own = 'http://localhost:8080';

test.each([
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site, which hides itself', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['another host of the domain', { origin: 'http://sub.localhost:8080', 'sec-fetch-site': 'same-site' }],
  ['another port', { origin: 'http://localhost:8081', 'sec-fetch-site': 'same-site' }],
  ['another scheme', { origin: 'https://localhost:8080' }],
  ['a name that begins like ours', { origin: 'http://localhost:8080.evil.example' }],
  ['an old browser that says nothing', {}],
  ['an old browser that says where from', { origin: 'https://evil.example' }],
  ['a client’s own page, which has no cookie of ours', { origin: 'https://app.example' }],
])(
  'attack: a page of %s does not watch by the cookie that the browser sends along',
  async (_who, headers) => {
    const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined, binding: 'cookie' });
    const { cookie = '' } = ticket.secretHeaders;
    expect(await reached(ticket, { cookie, ...headers })).not.toBe('pending');
    expect(await reached(ticket, { cookie, origin: own })).toBe('pending');
  },
);

test('attack: nor by a bearer that it got hold of, unless it is a page of the ticket’s own client', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const say = { bearer: ticket.secret };
  for (const origin of ['https://evil.example', 'https://other.example', 'null'])
    expect([origin, await reached(ticket, { origin }, say)]).not.toEqual([origin, 'pending']);
  for (const origin of ['https://app.example', own])
    expect([origin, await reached(ticket, { origin }, say)]).toEqual([origin, 'pending']);
});
