import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ token: 'own' });
});
afterAll(() => edge.stop());

/** Each has the shape of a right one, so that its MAC alone can tell. */
const MAC = `${'B'.repeat(21)}A`;
const FORGED = `${'A'.repeat(22)}.1-1.${MAC}`;

test.each([
  ['code', { grant_type: 'authorization_code', code: FORGED, code_verifier: 'v'.repeat(43) }],
  ['refresh token', { grant_type: 'refresh_token', refresh_token: FORGED }],
  [
    'device code',
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: `${'A'.repeat(22)}.b.${MAC}`,
    },
  ],
])(
  'attack: a forged %s leaves nothing in the store, with an Idempotency-Key neither',
  async (_what, form) => {
    const before = edge.calls();
    for (const headers of [{}, { 'idempotency-key': 'k' }]) {
      const refused = await call(`${edge.url}/oauth/token`, {
        form: { client_id: 'demo', ...form },
        headers,
      });
      expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_grant']);
    }
    expect(edge.calls()).toBe(before);
  },
);
