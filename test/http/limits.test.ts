import { afterEach, expect, test } from '@jest/globals';
import type { Store } from 'express-rate-limit';
import { sharedLimit } from '../../src/http/limits/shared-limit.ts';
import { startEdge } from './fixture.ts';
import type { EdgeTestOptions, RunningEdge } from './fixture.ts';

let edge: RunningEdge;
afterEach(() => edge.stop());

const limited = (
  env: Readonly<Record<string, string>>,
  over: EdgeTestOptions['over'] = {},
): EdgeTestOptions => ({
  env: { SCANGATE_LIMITS: 'on', SCANGATE_MINTS_PER_MINUTE: '3', ...env },
  over,
});

const json = {
  client_id: 'app',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

async function mints(count: number, headers: Readonly<Record<string, string>> = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1)
    statuses.push((await edge.api.post('/v1/tickets').set(headers).send(json)).status);
  return statuses;
}

test('an address that mints too many is told when to come back', async () => {
  edge = await startEdge(limited({}));
  expect(await mints(4)).toEqual([201, 201, 201, 429]);
  const refused = await edge.api.post('/v1/tickets').send(json).expect(429);
  expect(refused.body).toMatchObject({ status: 429, code: 'too_many_requests' });
  const seconds = Number(refused.headers['retry-after']);
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(60);
  await edge.api.get('/livez').expect(200);
});

test('confirms, denials and looks at them share one limit, scans have their own; the token endpoint refuses as OAuth does', async () => {
  edge = await startEdge(limited({ SCANGATE_SCANS_PER_MINUTE: '1', SCANGATE_TOKENS_PER_MINUTE: '1' }));
  const id = 'A'.repeat(22);
  const paths = ['/v1/scans', `/v1/tickets/${id}/confirm`, `/v1/tickets/${id}/deny`, '/v1/scans'];
  const statuses: number[] = [];
  for (const path of paths) statuses.push((await edge.api.post(path).send({})).status);
  expect(statuses).toEqual([401, 400, 429, 429]);
  await edge.api.get('/v1/history').expect(429);
  await edge.api.post('/oauth/token').type('form').send({});
  const refused = await edge.api.post('/oauth/token').type('form').send({}).expect(429);
  expect(refused.body).toMatchObject({ error: 'temporarily_unavailable' });
  expect(refused.headers).toHaveProperty('retry-after');
});

test('behind a trusted proxy each client counts for itself, and cannot name another', async () => {
  edge = await startEdge(limited({ SCANGATE_TRUSTED_PROXIES: '127.0.0.1, 10.1.0.0/16' }));
  const from = (forwarded: string) => ({ 'x-forwarded-for': forwarded });
  expect(await mints(4, from('10.9.0.7'))).toEqual([201, 201, 201, 429]);
  expect(await mints(1, from('10.9.0.8'))).toEqual([201]);
  expect(await mints(1, from('10.8.0.1, 10.9.0.7, 10.1.2.3'))).toEqual([429]);
  expect(await mints(1, { forwarded: 'for=10.8.0.1, for=10.9.0.7;proto=https, for="10.1.2.3:80"' })).toEqual([
    429,
  ]);
  expect(await mints(1, { 'x-real-ip': '10.9.0.7' })).toEqual([429]);
  expect(await mints(4, from('fd00:8:1:2::1'))).toEqual([201, 201, 201, 429]);
  expect(await mints(1, from('fd00:8:1:3::9'))).toEqual([429]);
  expect(await mints(1, from('fd00:8:2:1::9'))).toEqual([201]);
});

test('a proxy that is not listed is warned of once', async () => {
  edge = await startEdge(limited({}));
  await mints(3, { 'x-forwarded-for': '10.0.0.7' });
  const warnings = edge.lines.filter((line) => line.includes('SCANGATE_TRUSTED_PROXIES'));
  expect(warnings).toHaveLength(1);
});

test('limits whose store is away let everyone through, and say so', async () => {
  const away = (): Promise<never> => Promise.reject(new Error('away'));
  const store: Store = { increment: away, decrement: away, resetKey: away };
  edge = await startEdge(limited({}, { makeLimitStore: () => store }));
  expect(await mints(5)).toEqual([201, 201, 201, 201, 201]);
  expect(edge.lines.some((line) => line.includes('rate limits is away'))).toBe(true);
});

test('nodes of one store count together, minute by minute', async () => {
  edge = await startEdge({ env: { SCANGATE_TICKET_LIFE: 'PT1M' } });
  let minute = 0;
  const limits = [1, 2].map(() => sharedLimit(edge.ledger, 'mints', () => minute * 60_000 + 5000));
  const hits: unknown[] = [];
  for (let round = 0; round < 2; round += 1)
    for (const limit of limits) hits.push(await limit.increment('203.0.113.7'));
  expect(hits).toEqual([1, 2, 3, 4].map((totalHits) => ({ totalHits, resetTime: new Date(60_000) })));
  minute = 1;
  expect(await limits[0]!.increment('203.0.113.7')).toEqual({ totalHits: 1, resetTime: new Date(120_000) });
});

test('with limits off nothing is limited', async () => {
  edge = await startEdge(limited({ SCANGATE_LIMITS: 'off' }));
  expect(await mints(6)).not.toContain(429);
});
