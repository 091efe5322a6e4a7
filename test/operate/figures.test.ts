import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../support/child.ts';
import { call, expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { cancel, confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

let gateway: Gateway;
let operators: string;

beforeAll(async () => {
  const port = await freePort();
  operators = `http://127.0.0.1:${port}`;
  gateway = await startGateway({
    env: { SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}`, SCANGATE_DEVICE_LIFE: 'PT1S' },
  });
});

afterAll(async () => {
  await gateway?.stop();
});

async function figures(accept = 'text/plain'): Promise<{ type: string; text: string }> {
  const answer = await fetch(`${operators}/metrics`, { headers: { accept } });
  return { type: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

test('what may be counted is there from the start, at nought', async () => {
  const { text } = await figures();
  for (const line of [
    'scangate_tickets_total{client="other",outcome="minted"} 0',
    'scangate_tickets_total{client="other",outcome="confirmed"} 0',
    'scangate_tickets_total{client="other",outcome="expired"} 0',
    'scangate_ticket_seconds_count{outcome="confirmed"} 0',
    'scangate_delivery_lag_seconds_count 0',
    'scangate_problems_total{code="idempotency_mismatch"} 0',
    'scangate_notices_total{transport="socket"} 0',
    'scangate_commands_total{type="redeem",outcome="decided"} 0',
    'scangate_store_call_seconds_count{call="append",outcome="failed"} 0',
    'scangate_outages{outage="store"} 0',
    'scangate_outages{outage="eviction"} 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^scangate_build_info\{version="[\d.]+",node="[\d.]+"\} 1$/m);
});

test('each figure of the table in docs/metrics.md is there from the start, unless it says that it is absent', async () => {
  const rows = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').matchAll(
    /^\| `(scangate_\w+)` +\|.*$/gm,
  );
  const { text } = await figures();
  const absent = [...rows].filter(([, name]) => !new RegExp(`^${name}(_count)?[ {]`, 'm').test(text));
  expect(absent.map(([row]) => row).filter((row) => !row.includes('absent without'))).toEqual([]);
  expect(absent).toHaveLength(5);
});

test('a sign-in is counted for its client, with how long it took and how late its browser heard of it', async () => {
  const minted = await mint(gateway.url);
  const stop = new AbortController();
  const watch = await fetch(minted.links.events, { headers: minted.secretHeaders, signal: stop.signal });
  const told = watch.body!.getReader();
  await told.read();
  const scanned = expectStatus(await scan(gateway.url, readScanCode(minted.notice)), 201);
  expectStatus(await confirm(gateway.url, scanned), 200);
  await until(async () => /delivery_lag_seconds_count [1-9]/.test((await figures()).text));
  stop.abort();
  const { text } = await figures();
  for (const outcome of ['minted', 'scanned', 'confirmed'])
    expect(text).toContain(`scangate_tickets_total{client="demo",outcome="${outcome}"} 1\n`);
  expect(text).toContain('scangate_ticket_seconds_count{outcome="confirmed"} 1\n');
});

test('a ticket whose time runs out is counted by the node that noticed', async () => {
  const form = { client_id: 'demo' };
  expectStatus(await call(`${gateway.url}/oauth/device_authorization`, { form }), 200);
  const { text } = await until(async () => {
    const now = await figures();
    return now.text.includes('scangate_tickets_total{client="demo",outcome="expired"} 1\n') && now;
  });
  expect(text).toContain('scangate_ticket_seconds_count{outcome="expired"} 1\n');
});

test('OpenMetrics for whoever asks for it, with the trace of a request', async () => {
  const traceId = 'b'.repeat(32);
  await mint(gateway.url, { headers: { traceparent: `00-${traceId}-${'c'.repeat(16)}-01` } });
  const { type, text } = await until(async () => {
    const open = await figures('application/openmetrics-text; version=1.0.0,text/plain;q=0.5');
    return open.text.includes(traceId) && open;
  });
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(text).toMatch(/^scangate_tickets_total\{client="demo",outcome="minted"\} 3$/m);
  expect(text.endsWith('# EOF\n')).toBe(true);
  expect((await figures()).text).not.toContain(traceId);
});

test('every state that is told is counted, by transport', async () => {
  const counts = async (): Promise<readonly number[]> => {
    const { text } = await figures();
    return ['sse', 'poll', 'socket'].map((transport) =>
      Number(
        new RegExp(`^scangate_notices_total\\{transport="${transport}"\\} (\\d+)$`, 'm').exec(text)?.[1],
      ),
    );
  };
  const before = await counts();
  const ticket = await mint(gateway.url);
  const watches = TRANSPORTS.map((transport) => watch(transport, ticket));
  await Promise.all(watches.map((one) => one.told('pending')));
  await cancel(ticket);
  await Promise.all(watches.map((one) => one.final));
  expect(await counts()).toEqual(before.map((count) => count + 2));
});
