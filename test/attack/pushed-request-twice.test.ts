import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { s256 } from '../support/signin.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { openPage } from '../oauth/sign-in-page.ts';

let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge({ token: 'own', clients: [{ client_id: 'app' }] });
});
afterAll(() => edge.stop());

const CALLBACK = 'https://app.example/back?keep=1';

async function pushed(): Promise<string> {
  const form = {
    client_id: 'app',
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge: s256('v'.repeat(43)),
    code_challenge_method: 'S256',
  };
  const answer = await call<{ request_uri: string }>(`${edge.url}/oauth/par`, { form });
  return expectStatus(answer, 201).request_uri;
}

/** A browser that keeps the one cookie it is known by. */
interface Browser {
  cookie?: string;
}

interface Opened {
  readonly ticket_id: string;
  readonly status: string;
}

const pageOf = (uri: string) =>
  openPage(
    `${edge.url}/oauth/authorize?${new URLSearchParams({ client_id: 'app', request_uri: uri }).toString()}`,
  );

/** Plays the page's script. */
async function opens(uri: string, browser: Browser, more: object = {}): Promise<Answer<Opened>> {
  const page = await pageOf(uri);
  const answer = await call<Opened>(`${edge.url}/v1/tickets`, {
    headers: { 'sec-fetch-site': 'same-origin', ...(browser.cookie && { cookie: browser.cookie }) },
    json: {
      client_id: page['client_id'],
      redirect_uri: page['redirect_uri'],
      code_challenge: page['code_challenge'],
      code_challenge_method: 'S256',
      request: page['request'],
      ...more,
    },
  });
  const line = answer.headers.getSetCookie().find((one) => one.startsWith('scangate_browser='));
  if (line !== undefined) browser.cookie = line.split(';')[0]!;
  return answer;
}

test('attack: a request that a client pushed opens no second ticket, in whatever browser', async () => {
  const uri = await pushed();
  const browser: Browser = {};
  const first = expectStatus(await opens(uri, browser), 201);
  expect(expectStatus(await opens(uri, browser), 201).ticket_id).toBe(first.ticket_id);
  const theirs = await opens(uri, {});
  expect([theirs.status, theirs.body]).toEqual([
    400,
    expect.objectContaining({ code: 'invalid_request', field: 'request' }),
  ]);
  expect((await opens(uri, { cookie: 'scangate_browser=AAAAAAAAAAAAAAAAAAAAAA' })).status).toBe(400);
  expect(expectStatus(await opens(await pushed(), {}), 201).ticket_id).not.toBe(first.ticket_id);
});

test('attack: browsers that open it at one time have one ticket', async () => {
  const uri = await pushed();
  const answers = await Promise.all(Array.from({ length: 8 }, () => opens(uri, {})));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(7);
});

test('attack: the part that says that it was pushed cannot be forged, or be used later', async () => {
  const uri = await pushed();
  const { request = '' } = await pageOf(uri);
  expect(request).not.toBe('');
  expect((await opens(uri, {}, { request: request.replace(/\.[^.]*$/, '.AAAA') })).status).toBe(400);
  edge.advance(3_600_001);
  const late = { request, binding: 'cookie' };
  expect((await opens(await pushed(), {}, late)).status).toBe(400);
});

test('its own browser, with another key, gets one whose tokens are for that key', async () => {
  const uri = await pushed();
  const browser: Browser = {};
  const [one, other] = ['A'.repeat(43), `${'A'.repeat(42)}E`];
  const first = expectStatus(await opens(uri, browser, { dpop_jkt: one }), 201);
  expect(expectStatus(await opens(uri, browser, { dpop_jkt: one }), 201).ticket_id).toBe(first.ticket_id);
  const second = expectStatus(await opens(uri, browser, { dpop_jkt: other }), 201);
  expect([second.status, second.ticket_id === first.ticket_id]).toEqual(['pending', false]);
  expect(expectStatus(await opens(uri, browser, { dpop_jkt: other }), 201).ticket_id).toBe(second.ticket_id);
});

test('its own browser gets another code once the first is over', async () => {
  const uri = await pushed();
  const browser: Browser = {};
  const answer = await opens(uri, browser);
  const first = expectStatus(answer, 201);
  const own = answer.headers.getSetCookie()[0]!.split(';')[0]!;
  const headers = { cookie: own, 'sec-fetch-site': 'same-origin' };
  await call(`${edge.url}/v1/tickets/${first.ticket_id}`, { method: 'DELETE', headers });
  const second = expectStatus(await opens(uri, browser), 201);
  expect([second.status, second.ticket_id === first.ticket_id]).toEqual(['pending', false]);
});

const resultKey = () => ({
  result_key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
});

test('two pages of one browser that load at one time, each with its own key, leave one ticket that goes on', async () => {
  const browser: Browser = {};
  expectStatus(await opens(await pushed(), browser), 201);
  for (let round = 0; round < 5; round += 1) {
    const uri = await pushed();
    const keys = [resultKey(), resultKey()];
    const answers = await Promise.all(keys.map((key) => opens(uri, browser, key)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const states = answers.map(async (answer) => {
      const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      const url = `${edge.url}/v1/tickets/${answer.body.ticket_id}`;
      return expectStatus(await call<Opened>(url, { headers }), 200).status;
    });
    expect((await Promise.all(states)).toSorted()).toEqual(['cancelled', 'pending']);
  }
});
