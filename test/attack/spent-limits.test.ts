import { afterEach, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

let edge: RunningEdge;
afterEach(() => edge.stop());

const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
  edge = await startEdge({ env: { SCANGATE_LIMITS: 'on', ...env } });
};
const plain = async (headers: Readonly<Record<string, string>>): Promise<number> =>
  (await call(`${edge.url}/plain?client_id=demo`, { headers })).status;

test.each([
  ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
  ['a script', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }],
  ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
  ['a fetch', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
  [
    'a prefetch',
    { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-purpose': 'prefetch;prerender' },
  ],
  ['an old preview', { purpose: 'preview' }],
])('attack: %s of another site spends nothing of an address’s minting', async (_what, headers) => {
  await start({ SCANGATE_MINTS_PER_MINUTE: '2' });
  for (let count = 0; count < 10; count += 1)
    expect(await plain({ ...headers, 'sec-fetch-site': 'cross-site' })).toBe(400);
  const opened = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };
  expect(await plain({ ...opened, 'sec-fetch-site': 'cross-site' })).toBe(200);
  expect(await plain({})).toBe(303);
  expect(await plain({})).toBe(429);
});

test('attack: junk scans of a neighbour’s phone, and of no phone, block nobody’s scan, confirm or denial', async () => {
  await start({ SCANGATE_SCANS_PER_MINUTE: '3' });
  const junk = (name: string): Promise<number> =>
    scan(edge.url, 'junk', '', { headers: { authorization: `Bearer ${name}` } }).then(({ status }) => status);
  for (const name of ['demo-mallory', 'nobody']) {
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) statuses.push(await junk(name));
    expect(statuses.filter((status) => status !== 429)).toHaveLength(3);
  }
  const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined });
  const scanned = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201);
  for (let count = 0; count < 3; count += 1) await scan(edge.url, 'junk');
  expectStatus(await confirm(edge.url, scanned), 200);
});

test('attack: one user spends the same budget from however many addresses', async () => {
  await start({ SCANGATE_SCANS_PER_MINUTE: '3', SCANGATE_TRUSTED_PROXIES: '127.0.0.1' });
  const statuses: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    const headers = { authorization: 'Bearer demo-mallory', 'x-forwarded-for': `10.0.0.${count}` };
    statuses.push((await scan(edge.url, 'junk', '', { headers })).status);
  }
  expect(statuses).toEqual([404, 404, 404, 429, 429, 429]);
});
