import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { s256 } from '../support/signin.ts';
import { startEdge, testClient } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const BACK = 'https://app.example/back';
const CHALLENGE = s256('v'.repeat(43));

let edge: RunningEdge;
beforeAll(async () => {
  const { policy } = testClient();
  edge = await startEdge({
    clients: [
      { redirect_uris: [BACK] },
      { client_id: 'lax', redirect_uris: [BACK], policy: { ...policy, pkce: 'optional' } },
    ],
  });
});
afterAll(() => edge.stop());

const authorize = (asked: Readonly<Record<string, string>>) =>
  call(
    `${edge.url}/oauth/authorize?${new URLSearchParams({ response_type: 'code', redirect_uri: BACK, ...asked }).toString()}`,
  );

test('attack: an empty nonce does not excuse a client from PKCE', async () => {
  const refused = await authorize({ client_id: 'lax', scope: 'openid', nonce: '' });
  const back = new URL(refused.headers.get('location') ?? '');
  expect(back.searchParams.get('error')).toBe('invalid_request');
  expect((await authorize({ client_id: 'lax', scope: 'openid', nonce: 'n' })).status).toBe(200);
});

test.each([{ state: '' }, { nonce: '' }, { scope: '' }, { state: '', nonce: '', scope: '' }])(
  'a sealed request with %j mints, as the page sends it',
  async (empty) => {
    const shown = await authorize({
      client_id: 'app',
      response_mode: 'form_post',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      state: 's',
      nonce: 'n',
      scope: 'openid',
      ...empty,
    });
    const read = (name: string): string => new RegExp(`data-${name}="([^"]*)"`).exec(shown.text)?.[1] ?? '';
    const sent = ['state', 'nonce', 'scope', 'request'].map((name) => [name, read(name)]);
    const json = {
      client_id: 'app',
      redirect_uri: BACK,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...Object.fromEntries(sent.filter(([, value]) => value !== '')),
    };
    expect(json).toHaveProperty('request');
    expect((await call(`${edge.url}/v1/tickets`, { json })).status).toBe(201);
  },
);
