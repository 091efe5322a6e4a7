import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PhoneError } from '../../src/web/phone/phone-error.ts';
import { fetchTransport, programTransport } from '../../src/web/phone/phone-transport.ts';
import type { PhoneTransport, ProgramRequest } from '../../src/web/phone/phone-transport.ts';
import { scangatePhone } from '../../src/web/phone/scangate-phone.ts';
import type { PhoneOptions, ScangatePhone } from '../../src/web/phone/scangate-phone.ts';
import { readScanned } from '../../src/web/phone/scanned-text.ts';
import { startEdge, testClient } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { built } from '../support/built.ts';
import { call, expectStatus } from '../support/call.ts';
import { startChromium } from '../support/chromium.ts';
import { CUTS, startCuttingProxy } from '../support/cutting-proxy.ts';
import type { Cut, CuttingProxy } from '../support/cutting-proxy.ts';
import { look, mint, readScanCode, redeem } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';

/** With `npm test -- --long` every way to cut meets every keyboard and every exchange of a page; else each meets one. */
const ALL = process.env['SCANGATE_TEST_LONG'] !== undefined;

let edge: RunningEdge;
let proxy: CuttingProxy;
let site: Server;
let people = 0;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  site = createServer((req, res) => {
    const isModule = req.url === '/phone.mjs';
    res.setHeader('content-type', isModule ? 'text/javascript' : 'text/html');
    res.end(isModule ? readFileSync(built('web/phone.mjs')) : '<!doctype html><title>phone</title>');
  });
  await new Promise<void>((resolve) => {
    site.listen(0, '127.0.0.1', resolve);
  });
  const numbers = testClient({
    client_id: 'numbers',
    redirect_uris: [`http://127.0.0.1:${portOf(site)}/`],
    policy: { shows_scanner: true, number_match: true, verified: true, pkce: 'required' },
  });
  edge = await startEdge({ token: 'own', clients: [{}, numbers] });
  proxy = await startCuttingProxy(edge.url);
});

afterAll(async () => {
  await proxy?.stop();
  site?.closeAllConnections();
  site?.close();
  await edge?.stop();
});

beforeEach(() => proxy.cutEach(undefined));

/** A phone of somebody new, behind the proxy, which does not wait between tries. */
function newPhone(more: Partial<PhoneOptions> = {}): ScangatePhone {
  people += 1;
  const name = `person${people}`;
  return scangatePhone({
    gateway: proxy.url,
    credential: () => `demo-${name}`,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2))),
    ...more,
  });
}

const minted = (clientId = 'numbers'): Promise<Minted> =>
  mint(edge.url, { clientId, redirectUri: undefined, scope: 'openid' });

const scanned = (ticket: Minted) => ({ kind: 'scan_code', code: readScanCode(ticket.notice) }) as const;

/** Full-width, Arabic, and with what a keyboard adds. */
const KEYBOARDS: readonly ((number: string) => string)[] = [
  (number) => number.replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  (number) => number.replaceAll(/\d/g, (digit) => String.fromCharCode(0x0660 + Number(digit))),
  (number) => ` ${number[0]}-${number[1]}\n`,
];

const numberOf = async (ticket: Minted): Promise<string> =>
  expectStatus(await look(ticket, edge.url), 200).number ?? '';

/** What became of a ticket: its events, and that it can be redeemed once. */
async function outcomeOf(ticket: Minted): Promise<[string, string | undefined, number]> {
  const { status, cursor, result } = expectStatus(await look(ticket, edge.url), 200);
  const redeemed = await redeem(edge.url, ticket, result?.code ?? '');
  return [status, cursor.split('-')[0], redeemed.status];
}

const ONE_OUTCOME = ['confirmed', '3', 200];

describe('over a network that cuts', () => {
  test.each(CUTS)('every %s once: one outcome, on another keyboard each', async (cut) => {
    for (const [index, typed] of KEYBOARDS.entries()) {
      if (!ALL && index !== CUTS.indexOf(cut)) continue;
      const ticket = await minted();
      const phone = newPhone();
      // Each call's first exchange is cut, and its next one goes through.
      proxy.cutEach((count) => (count % 2 === 0 ? cut : undefined));
      const request = await phone.scan(scanned(ticket));
      expect(request.shown).toMatchObject({ asksNumber: true, client: { isVerified: true } });
      expect(await request.confirm(typed(await numberOf(ticket)))).toEqual({ status: 'confirmed' });
      expect([index, ...(await outcomeOf(ticket))]).toEqual([index, ...ONE_OUTCOME]);
      const sessions = await phone.sessions();
      expect(sessions.map(({ client }) => client.id)).toEqual(['numbers']);
      await phone.endSession(sessions[0]!.sid);
      proxy.cutEach(undefined);
      expect(await phone.sessions()).toEqual([]);
    }
  });

  test.each(CUTS)('each single exchange by %s, to yes and to no', async (cut) => {
    for (let at = 0; at < 2; at += 1) {
      const [yes, no] = await Promise.all([minted(), minted()]);
      proxy.cutEach((count) => (count === at ? cut : undefined));
      const confirming = await newPhone().scan(scanned(yes));
      await confirming.confirm(await numberOf(yes));
      proxy.cutEach((count) => (count === at ? cut : undefined));
      const denying = await newPhone().scan(scanned(no));
      expect(await denying.deny({ report: true })).toEqual({ status: 'denied' });
      expect([at, ...(await outcomeOf(yes))]).toEqual([at, ...ONE_OUTCOME]);
      expect(await outcomeOf(no)).toEqual(['denied', '3', 400]);
    }
  });

  test('that stays away says offline; the same decision later is the same one', async () => {
    const ticket = await minted();
    const request = await newPhone().scan(scanned(ticket));
    const number = await numberOf(ticket);
    const keys = new Set<unknown>();
    proxy.cutEach((_count, req) => {
      keys.add(req.headers['idempotency-key']);
      return 'answer';
    });
    await expect(request.confirm(number)).rejects.toMatchObject({ code: 'offline' });
    expect(proxy.count()).toBeGreaterThan(3);
    proxy.cutEach((_count, req) => void keys.add(req.headers['idempotency-key']));
    expect(await request.confirm(number)).toEqual({ status: 'confirmed' });
    expect(keys.size).toBe(1);
    await expect(request.deny()).rejects.toMatchObject({ code: 'already_confirmed' });
    expect(await outcomeOf(ticket)).toEqual(ONE_OUTCOME);
  });

  test('a wrong number whose answer is lost again and again costs one try', async () => {
    const ticket = await minted();
    const request = await newPhone().scan(scanned(ticket));
    const number = await numberOf(ticket);
    const wrong = number === '10' ? '11' : '10';
    proxy.cutEach((count) => (count < 5 ? 'answer' : undefined));
    await expect(request.confirm(wrong)).rejects.toMatchObject({ code: 'invalid_request', field: 'number' });
    expect(await request.confirm(number)).toEqual({ status: 'confirmed' });
  });

  test('two taps are one request, and a wrong number can be typed again', async () => {
    const ticket = await minted();
    const request = await newPhone().scan(scanned(ticket));
    const number = await numberOf(ticket);
    const wrong = String((Number(number) + 1) % 100).padStart(2, '0');
    await expect(request.confirm()).rejects.toMatchObject({ field: 'number' });
    await expect(request.confirm(wrong)).rejects.toMatchObject({ code: 'invalid_request', field: 'number' });
    proxy.cutEach(() => undefined);
    await Promise.all([request.confirm(number), request.confirm(number), request.confirm(number)]);
    expect(proxy.count()).toBe(1);
    expect(await outcomeOf(ticket)).toEqual(ONE_OUTCOME);
  });
});

test('a phone that was refused asks for a fresh credential once, and a stranger is told so', async () => {
  const asked: boolean[] = [];
  const credential = (refused: boolean): string => {
    asked.push(refused);
    return refused ? 'demo-fresh' : 'stale';
  };
  await newPhone({ credential }).scan(scanned(await minted()));
  expect(asked).toEqual([false, true]);
  const stranger = newPhone({ credential: () => 'stale' });
  await expect(stranger.sessions()).rejects.toBeInstanceOf(PhoneError);
  await expect(stranger.sessions()).rejects.toMatchObject({ code: 'phone_unknown' });
});

test('what the gateway refuses is said at once, with its own code', async () => {
  const ticket = await minted();
  await newPhone().scan(scanned(ticket));
  proxy.cutEach(() => undefined);
  await expect(newPhone().scan(scanned(ticket))).rejects.toMatchObject({ code: 'already_scanned' });
  await expect(newPhone().scan({ kind: 'user_code', code: 'WDJB-MJHT' })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(newPhone().endSession('A'.repeat(43))).rejects.toMatchObject({ code: 'not_found' });
  expect(proxy.count()).toBe(3);
});

test('what is no gateway is offline, whatever it answers', async () => {
  const answers = ['<html>Sign in to the hotel’s network</html>', '{"hello": 1}', ''];
  for (const body of answers) {
    let count = 0;
    const transport: PhoneTransport = () => {
      count += 1;
      return Promise.resolve({ status: 200, header: () => undefined, body });
    };
    const phone = newPhone({ transport });
    await expect(phone.sessions()).rejects.toMatchObject({ code: 'offline' });
    expect(count).toBe(7);
  }
});

/**
 * `wx.request` and `uni.request` as their documentation has them: any status is a success, header names come in any case, JSON
 * is parsed unless told not to.
 */
const programRequest: ProgramRequest = ({ url, method, header, data, dataType, timeout, success, fail }) => {
  void (async () => {
    try {
      const response = await fetch(url, {
        method,
        headers: header,
        signal: AbortSignal.timeout(timeout),
        ...(data === undefined ? {} : { body: data }),
      });
      const text = await response.text();
      const names = [...response.headers].map(([name, value]) => [name.toUpperCase(), value] as const);
      success({
        statusCode: response.status,
        data: dataType === 'json' ? JSON.parse(text) : text,
        header: Object.fromEntries(names),
      });
    } catch {
      fail({ errMsg: 'request:fail' });
    }
  })();
};

const SAMPLES = [
  ['wx', '../../examples/mini-program/sign-in.js', { unverified: false }],
  ['uni', '../../examples/uni-app/src/sign-in.js', { isVerified: true, release: expect.any(String) }],
] as const;

test.each(
  SAMPLES.flatMap(([api, file, shown]) => CUTS.map((cut) => [api, cut, file as string, shown] as const)),
)('the sample for %s signs in over a request that is cut (%s)', async (api, cut, file, shown) => {
  const example = (await import(file)) as {
    makePhone(parts: object): ScangatePhone;
    scanWithCamera(parts: object): ReturnType<ScangatePhone['scan']>;
    shownIn(request: object): Record<string, unknown>;
  };
  const ticket = await minted();
  const text = `${proxy.url}/s/${readScanCode(ticket.notice)}`;
  const program = {
    request: programRequest,
    scanCode: ({ success }: { success(read: { result: string }): void }) => success({ result: text }),
  };
  people += 1;
  const name = `person${people}`;
  proxy.cutEach((count) => (count % 2 === 0 ? cut : undefined));
  const phone = example.makePhone({ [api]: program, gateway: proxy.url, credential: () => `demo-${name}` });
  const request = await example.scanWithCamera({ [api]: program, phone });
  expect(example.shownIn(request)).toMatchObject({ client: 'An <app>', asksNumber: true, ...shown });
  await request.confirm(await numberOf(ticket));
  expect(await outcomeOf(ticket)).toEqual(ONE_OUTCOME);
});

test('a mini program’s transport reads Retry-After whatever its case', async () => {
  const transport = programTransport(({ success }) =>
    success({ statusCode: 503, data: '{}', header: { 'Retry-After': '7' } }),
  );
  const answer = await transport({ method: 'GET', url: '', headers: {}, timeoutMs: 1 });
  expect([answer.status, answer.header('retry-after'), answer.body]).toEqual([503, '7', '{}']);
  expect(fetchTransport()).toBeInstanceOf(Function);
});

test('in Chromium, from a page of another origin, each exchange cut', async () => {
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${portOf(site)}/`);
    for (const cut of CUTS)
      for (let at = 0; at < 4; at += 1) {
        if (!ALL && at % CUTS.length !== CUTS.indexOf(cut)) continue;
        const ticket = await minted();
        expect([cut, at, ...(await confirmIn(page, ticket, at, cut))]).toEqual([cut, at, ...ONE_OUTCOME]);
      }
    const foreign = await browser.newPage();
    await foreign.goto(`http://localhost:${portOf(site)}/`);
    const ticket = await minted();
    await expect(confirmIn(foreign, ticket, -1, 'answer')).rejects.toThrow('gave no answer');
  } finally {
    await browser.close();
  }
});

/** The built SDK in a page: scans, and confirms with the number; preflights are exchanges too. */
async function confirmIn(
  page: Page,
  ticket: Minted,
  at: number,
  cut: Cut,
): Promise<readonly (string | number | undefined)[]> {
  people += 1;
  proxy.cutEach((count) => (count === at ? cut : undefined));
  const options = JSON.stringify({ gateway: proxy.url, code: scanned(ticket), name: `person${people}` });
  await page.evaluate(`(async ({ gateway, code, name }) => {
    const { scangatePhone } = await import('/phone.mjs');
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
    const phone = scangatePhone({ gateway, credential: () => 'demo-' + name, pause });
    window.request = await phone.scan(code);
  })(${options})`);
  await page.evaluate(`window.request.confirm(${JSON.stringify(await numberOf(ticket))})`);
  return await outcomeOf(ticket);
}

test('pages of registered clients alone may be the phone, and by bearer alone', async () => {
  const preflight = (origin: string) =>
    call(`${edge.url}/v1/sessions/${'A'.repeat(43)}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'DELETE' },
    });
  const known = await preflight('https://app.example');
  expect(known.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(known.headers.get('access-control-allow-methods')).toContain('DELETE');
  expect(known.headers.get('access-control-allow-credentials')).toBeNull();
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['https://g.example/s/' + 'a'.repeat(30), 'scan_code', 'a'.repeat(30)],
  [
    ' HTTPS://G.Example:443/s/' + 'a.b-_'.repeat(6) + '?nickname=%C4%E3&from=a#x \n',
    'scan_code',
    'a.b-_'.repeat(6),
  ],
  ['https://g.example/device?user_code=WDJB-MJHT', 'user_code', 'WDJB-MJHT'],
  ['https://g.example/device/?x=1&user_code=WDJB%2DMJHT', 'user_code', 'WDJB-MJHT'],
  ['examplebank://scan?url=https%3A%2F%2Fg.example%2Fs%2F' + 'a'.repeat(30), 'scan_code', 'a'.repeat(30)],
  ['wdjb mjht', 'user_code', 'wdjb mjht'],
  ['ＷＤＪＢ－ＭＪＨＴ', 'user_code', 'ＷＤＪＢ－ＭＪＨＴ'],
])('reads %s', (text, kind, code) => {
  expect(readScanned(text, 'https://g.example')).toEqual({ kind, code });
});

test('reads below the path of a gateway that has one, and nothing beside it', () => {
  const code = 'a'.repeat(30);
  const read = (text: string) => readScanned(text, 'https://g.example/scan/');
  expect(read(`https://g.example/scan/s/${code}`)).toEqual({ kind: 'scan_code', code });
  expect(read('https://g.example/scan/device?user_code=WDJB-MJHT')).toEqual({
    kind: 'user_code',
    code: 'WDJB-MJHT',
  });
  expect(read(`https://g.example/s/${code}`)).toBeUndefined();
  expect(read(`https://g.example/scanner/s/${code}`)).toBeUndefined();
});

test.each([
  '',
  'hello',
  'WDJB-MJH',
  'https://evil.example/s/' + 'a'.repeat(30),
  'https://g.example.evil.example/s/' + 'a'.repeat(30),
  'https://g.example@evil.example/s/' + 'a'.repeat(30),
  'http://g.example/s/' + 'a'.repeat(30),
  'https://g.example:8443/s/' + 'a'.repeat(30),
  'https://evil.example/?url=https%3A%2F%2Fg.example%2Fs%2F' + 'a'.repeat(30),
  'examplebank://scan?url=https%3A%2F%2Fevil.example%2Fs%2F' + 'a'.repeat(30),
  'examplebank://scan?url=%C4%E3',
  'https://g.example/s/',
  'https://g.example/s/a%2F..%2Fb' + 'a'.repeat(30),
  'https://g.example/device',
  'https://g.example/s/' + 'a'.repeat(501),
])('reads nothing of this gateway in what is not its own (%#)', (text) => {
  expect(readScanned(text, 'https://g.example')).toBeUndefined();
});
