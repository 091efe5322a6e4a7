import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { mint, readScanCode } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';

const EMBEDDERS = ['https://shop.example', 'https://www.shop.example:8443'];

let edge: RunningEdge;
let ticket: Minted;

beforeAll(async () => {
  const policy = { shows_scanner: true, number_match: false, verified: false, pkce: 'required' } as const;
  edge = await startEdge({
    clients: [{}, { client_id: 'framed', policy: { ...policy, embedders: EMBEDDERS } }],
  });
  ticket = await mint(edge.url, { clientId: 'framed', redirectUri: undefined, binding: 'cookie' });
});
afterAll(() => edge.stop());

const asked = (client: string): string =>
  `/oauth/authorize?${new URLSearchParams({
    client_id: client,
    redirect_uri: 'https://app.example/back?keep=1',
    response_type: 'code',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
  }).toString()}`;

/** Who may show an answer in a frame, as browsers that know `frame-ancestors` see it, and as those that do not. */
async function framers(path: string): Promise<readonly [string | undefined, string | null]> {
  const { headers } = await call(`${edge.url}${path}`, { headers: ticket.secretHeaders });
  const policy = headers.get('content-security-policy') ?? '';
  return [/frame-ancestors ([^;]*)/.exec(policy)?.[1], headers.get('x-frame-options')];
}

test('only the sign-in page of a client is shown in frames, and by its registered origins alone', async () => {
  expect(await framers(asked('framed'))).toEqual([EMBEDDERS.join(' '), null]);
  expect(await framers(asked('app'))).toEqual(["'none'", 'DENY']);
});

test('attack: no page whose click decides, or ends something, is shown in a frame of anybody', async () => {
  const paths = [
    `/s/${readScanCode(ticket.notice)}`,
    '/device',
    '/device/',
    '/oauth/logout',
    `/v1/tickets/${ticket.ticketId}/page`,
    `/v1/tickets/${ticket.ticketId}/return`,
    '/',
    '/plain?client_id=framed&code_challenge_method=S256&code_challenge=' + 'c'.repeat(43),
    `${asked('framed')}&response_type=twice`,
    '/docs',
    '/nothing',
    '/oauth/jwks',
  ];
  for (const path of paths) expect([path, await framers(path)]).toEqual([path, ["'none'", 'DENY']]);
  const out = await call(`${edge.url}/phone/sign-out`, { form: { everywhere: '' } });
  expectStatus(out, 200);
  expect(out.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('all else that a page could be used for is forbidden to it, on every answer', async () => {
  for (const path of ['/', '/device', asked('framed'), '/nothing', '/livez', '/oauth/jwks']) {
    const { headers } = await call(`${edge.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("require-trusted-types-for 'script';trusted-types 'none'");
    expect(headers.get('permissions-policy')).toMatch(/camera=\(\).*geolocation=\(\).*payment=\(\)/);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
});
