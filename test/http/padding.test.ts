import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mint } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

/** The first piece of a stream. */
async function beginning(query: string): Promise<string> {
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const response = await fetch(`${edge.url}/v1/tickets/${ticket.ticketId}/events${query}`, {
    headers: ticket.secretHeaders,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('data:')) text += (await reader.read()).value ?? '';
  await reader.cancel();
  return text;
}

test('a stream begins with 2 KB of comment for a browser that asks, and for no other', async () => {
  const padded = await beginning('?padding=1');
  expect(padded).toMatch(/^retry: \d+\n/);
  expect(padded.indexOf('data:')).toBeGreaterThan(2048);
  expect((await beginning('')).indexOf('data:')).toBeLessThan(200);
});
