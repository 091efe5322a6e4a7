import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { confirm, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

let edge: RunningEdge;
beforeAll(async () => {
  const policy = { shows_scanner: true, number_match: true, verified: true, pkce: 'required' } as const;
  edge = await startEdge({
    token: 'own',
    clients: [{ client_id: 'tv', grant_types: [DEVICE_GRANT], policy }],
  });
});
afterAll(() => edge.stop());

interface Begun {
  readonly device_code: string;
  readonly user_code: string;
  readonly links: { readonly self: string };
}

const begin = (form: Readonly<Record<string, string>>) =>
  call<Begun>(`${edge.url}/oauth/device_authorization`, {
    form: { client_id: 'tv', scope: 'openid', ...form },
  });

const poll = (code: string) =>
  call<{ error?: string; number?: string; id_token?: string }>(`${edge.url}/oauth/token`, {
    form: { grant_type: DEVICE_GRANT, client_id: 'tv', device_code: code },
  });

test.each([{}, { number_shown: 'false' }])(
  'attack: a client that must match numbers gets no device code with %j',
  async (form) => {
    const answer = await begin(form);
    expect([answer.status, answer.body]).toEqual([
      400,
      expect.objectContaining({ error: 'unauthorized_client' }),
    ]);
  },
);

test('attack: a code mailed to a victim is not confirmed without the number that the device shows', async () => {
  const device = expectStatus(await begin({ number_shown: 'true' }), 200);
  expect((await poll(device.device_code)).body).not.toHaveProperty('number');
  const phone = expectStatus(await scan(edge.url, { userCode: device.user_code }), 201);
  expect(phone).toMatchObject({ number_match: true });
  const { number, error } = (await poll(device.device_code)).body;
  expect([error, number]).toEqual([
    expect.stringMatching(/^(authorization_pending|slow_down)$/),
    expect.stringMatching(/^[0-9]{2}$/),
  ]);
  const { pathname } = new URL(device.links.self);
  const notice = await call(edge.url + pathname, {
    headers: { authorization: `Bearer ${device.device_code}` },
  });
  expect(notice.body).toMatchObject({ status: 'scanned', number });

  for (const given of [undefined, number === '10' ? '11' : '10'])
    expect(
      (await confirm(edge.url, phone, 'alice', given === undefined ? {} : { number: given })).status,
    ).toBe(400);
  expect((await poll(device.device_code)).body).not.toHaveProperty('id_token');
  expectStatus(await confirm(edge.url, phone, 'alice', { number: number! }), 200);
  expect(expectStatus(await poll(device.device_code), 200)).toHaveProperty('id_token');
});
