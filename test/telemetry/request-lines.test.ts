import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { built } from '../support/built.ts';
import { call } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { look, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';

type Line = Readonly<Record<string, unknown>>;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const AGENT = `Shop \u00e9 ${'x'.repeat(300)}`;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { SCANGATE_TRUSTED_PROXIES: '127.0.0.1,::1' } });
});

afterAll(async () => {
  await gateway?.stop();
});

/** All that was written, each line of which must be JSON. */
function lines(): Line[] {
  const { stdout } = gateway.output();
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

const requests = (route: string): Line[] =>
  lines().filter((line) => line['msg'] === 'request' && line['route'] === route);

test('each request is a line that says who asks, for whom, about which ticket, and in which trace', async () => {
  const minted = await mint(gateway.url, {
    headers: {
      'user-agent': Buffer.from(AGENT).toString('latin1'),
      'x-forwarded-for': '203.0.113.7',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    },
  });
  await look(minted);
  await scan(gateway.url, readScanCode(minted.notice));
  const [made] = await until(() => requests('/v1/tickets').length > 0 && requests('/v1/tickets'));
  const [looked] = await until(() => requests('/v1/tickets/:id').length > 0 && requests('/v1/tickets/:id'));
  const [scanned] = await until(() => requests('/v1/scans').length > 0 && requests('/v1/scans'));
  expect(made).toMatchObject({
    level: 'info',
    status: 201,
    ip: '203.0.113.7',
    client: 'demo',
    trace_id: TRACE,
    ticket: expect.stringMatching(/^t_[\w-]{22}$/),
  });
  expect(String(made?.['agent'])).toHaveLength(160);
  expect(looked).toMatchObject({
    client: 'demo',
    ticket: made?.['ticket'],
    trace_id: expect.stringMatching(/^[\da-f]{32}$/),
  });
  expect(looked?.['trace_id']).not.toBe(TRACE);
  expect(scanned).toMatchObject({ client: 'demo', ticket: made?.['ticket'] });
  expect(gateway.output().stdout).not.toContain(minted.ticketId);
});

test('a client that nobody registered is not named', async () => {
  await call(`${gateway.url}/v1/tickets`, { json: { client_id: 'someone-else' } });
  await until(() => requests('/v1/tickets').some(({ status }) => status === 400));
  expect(gateway.output().stdout).not.toContain('someone-else');
});

test('a connection that is held says the same once it is over', async () => {
  const minted = await mint(gateway.url);
  const stop = new AbortController();
  const answer = await fetch(minted.links.events, {
    headers: {
      ...minted.secretHeaders,
      'user-agent': 'Waiting\u009b31m',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    },
    signal: stop.signal,
  });
  await answer.body?.getReader().read();
  stop.abort();
  const [held] = await until(
    () => requests('/v1/tickets/:id/events').length > 0 && requests('/v1/tickets/:id/events'),
  );
  expect(held).toMatchObject({
    agent: 'Waiting\ufffd31m',
    trace_id: TRACE,
    client: 'demo',
    ticket: expect.stringMatching(/^t_/),
    cut: true,
  });
});

test('a request that reaches no route has a line, too', async () => {
  await call(`${gateway.url}/nowhere`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  const [line] = await until(() => requests('-').length > 0 && requests('-'));
  expect(line).toMatchObject({ status: 404, ip: '203.0.113.9', trace_id: expect.any(String) });
});

test('whoever looks at the process is written down at debug only', () => {
  expect(requests('/readyz')).toEqual([]);
  expect(lines().filter(({ msg }) => msg === 'listening')).toMatchObject([
    { level: 'info', url: `${gateway.url}/`, port: gateway.port },
  ]);
});

test('what a line calls a ticket leads to its history', async () => {
  const name = String(requests('/v1/scans')[0]?.['ticket']);
  await gateway.kill();
  const timeline = (asked: string): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [built('cli/scangate.js'), 'timeline', asked], {
      env: { ...process.env, SCANGATE_STORE: `file:${join(gateway.folder, 'store')}` },
    });
  const { stdout } = await timeline(name);
  expect(stdout).toMatch(/minted .* for client demo[^]*scanned .* by alice/);
  await expect(timeline(`t_${'A'.repeat(22)}`)).rejects.toThrow(/the log holds no ticket t_A/);
});
