import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Cursor } from '../../src/ticket/cursor.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Notice } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  const policy = { shows_scanner: true, number_match: false, verified: true, pkce: 'required' } as const;
  edge = await startEdge({ token: 'own', clients: [{ policy: { ...policy, accept: 'always' } }] });
});
afterAll(() => edge.stop());

/** Everything that came over one way to wait, as it came. */
interface Heard {
  readonly way: string;
  text: string;
}

/** Waits in all three ways at one time until the signal says so. */
function hearAll(ticket: Minted, stopped: AbortSignal): readonly Heard[] {
  const [events, poll, socket] = ['events', 'poll', 'socket'].map((way): Heard => ({ way, text: '' }));
  const at = `${edge.url}/v1/tickets/${ticket.ticketId}`;
  const { secretHeaders: headers } = ticket;
  const read = async (): Promise<void> => {
    const stream = await fetch(`${at}/events`, { headers, signal: stopped });
    for await (const chunk of stream.body!) events!.text += Buffer.from(chunk).toString();
  };
  const ask = async (after: string): Promise<void> => {
    const answer = await call<Notice>(`${at}/poll?wait=20${after}`, { headers, signal: stopped });
    poll!.text += answer.text;
    if (answer.status === 200) await ask(`&after=${answer.body.cursor}`);
  };
  const quiet = (): void => undefined;
  read().catch(quiet);
  ask('').catch(quiet);
  const client = new WebSocket(`${at.replace('http', 'ws')}/socket`, 'scangate.v1', { headers });
  client.on('message', (data: Buffer) => (socket!.text += data.toString('utf8')));
  client.on('error', quiet);
  stopped.addEventListener('abort', () => client.terminate());
  return [events!, poll!, socket!];
}

test('attack: no way to wait tells a result before the browser has accepted who signs in', async () => {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const stopper = new AbortController();
  try {
    const all = hearAll(ticket, stopper.signal);
    const phone = expectStatus(await scan(edge.url, readScanCode(ticket.notice), 'mallory'), 201);
    expectStatus(await confirm(edge.url, phone, 'mallory'), 200);
    await until(() => all.every(({ text }) => text.includes('"ask":true')), { what: 'the question' });
    const [, cursor] = /"cursor":"(3-\d+)"/.exec(all[0]!.text) ?? [];
    const code = edge.secrets.code(ticket.ticketId, edge.keyId, cursor as Cursor);
    for (const { way, text } of all)
      for (const told of ['"result"', '"code"', code, '"redirect_to"'])
        expect([way, told, text.includes(told)]).toEqual([way, told, false]);
    expect((await redeem(edge.url, ticket, code)).body).toMatchObject({ error: 'invalid_grant' });

    const url = `${edge.url}/v1/tickets/${ticket.ticketId}/accept`;
    expectStatus(await call(url, { method: 'POST', headers: ticket.secretHeaders }), 200);
    await until(() => all.every(({ text }) => text.includes(code)), { what: 'the result' });
  } finally {
    stopper.abort();
  }
});
