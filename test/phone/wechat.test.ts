import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, look, mint, redeem } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startWechat } from '../support/wechat.ts';
import type { Wechat, WechatUser } from '../support/wechat.ts';
import { until } from '../support/until.ts';
import { PhoneBrowser } from './phone-browser.ts';

const INSIDE = 'Mozilla/5.0 (iPhone) MicroMessenger/8.0.50';
const CALLBACK_TOKEN = 'callback-token';
const xiaoming = { openid: 'openid-1', unionid: 'union-1', nickname: '小明' };

let wechat: Wechat;
let gateway: Gateway;

beforeAll(async () => {
  wechat = await startWechat();
  const env = {
    SCANGATE_PHONE_IDENTITY: 'wechat',
    SCANGATE_PHONE_WECHAT_APP_ID: 'wxaccount',
    SCANGATE_PHONE_WECHAT_APP_SECRET: 'account-secret',
    SCANGATE_PHONE_WECHAT_WEB_APP_ID: 'wxwebsite',
    SCANGATE_PHONE_WECHAT_WEB_APP_SECRET: 'website-secret',
    SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN: CALLBACK_TOKEN,
    SCANGATE_PHONE_WECHAT_API: wechat.address,
    SCANGATE_PHONE_WECHAT_SUBJECT: 'unionid',
    SCANGATE_CLIENTS_FILE: fileURLToPath(new URL('clients.json', import.meta.url)),
  };
  gateway = await startGateway({ env });
});

afterAll(async () => {
  await gateway?.stop();
  await wechat?.close();
});

const ticketOf = (): Promise<Minted> =>
  mint(gateway.url, { clientId: 'shop', redirectUri: undefined, scope: 'openid profile' });

const isWechat = (address: string): boolean => address.startsWith('https://open.weixin.qq.com/');

/** Opens the approval page, taps the link, and answers where the phone is sent. */
async function leave(phone: PhoneBrowser, scanUrl: string): Promise<URL> {
  const page = await phone.open(scanUrl);
  const link = /href="(\/phone\/wechat\/start[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
  return new URL(await phone.open(new URL(link ?? '', gateway.url).href, undefined, isWechat));
}

async function scanBy(phone: PhoneBrowser, address: string): Promise<Scanned> {
  const json = { scan_code: new URL(address).pathname.slice('/s/'.length) };
  const headers = { cookie: phone.cookies(gateway.url), 'sec-fetch-site': 'same-origin' };
  return expectStatus(await call<Scanned>(`${gateway.url}/v1/scans`, { headers, json }), 201);
}

describe('a phone signs in', () => {
  test.each([
    ['inside WeChat', INSIDE, '/connect/oauth2/authorize', 'wxaccount', 'snsapi_userinfo'],
    ['in another browser', 'Mozilla/5.0', '/connect/qrconnect', 'wxwebsite', 'snsapi_login'],
  ])('%s, and approves the very ticket', async (_where, agent, path, appid, scope) => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser(agent);
    const away = await leave(phone, ticket.notice.scan?.url ?? '');
    expect([away.pathname, away.hash]).toEqual([path, '#wechat_redirect']);
    const { state, ...asked } = Object.fromEntries(away.searchParams);
    expect(asked).toEqual({
      appid,
      redirect_uri: `${gateway.url}/phone/wechat/callback`,
      response_type: 'code',
      scope,
    });
    expect(state).toMatch(/^[a-z0-9]{32,128}$/);

    await phone.open(wechat.allow(away.href, xiaoming).href);
    expect(phone.address).toMatch(`${gateway.url}/s/${ticket.ticketId}.`);
    const scanned = await scanBy(phone, phone.address);
    const headers = { cookie: phone.cookies(gateway.url), 'sec-fetch-site': 'same-origin' };
    expectStatus(await confirm(gateway.url, scanned, '', { headers }), 200);
    const { result } = expectStatus(await look(ticket), 200);
    const tokens = expectStatus(await redeem(gateway.url, ticket, result?.code ?? ''), 200);
    const claims = JSON.parse(
      Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as object;
    expect(claims).toMatchObject({
      sub: 'union-1',
      name: '小明',
      picture: 'https://thirdwx.qlogo.example/1',
    });
  });

  test('attack: a code that was used, refused or made up, or a state of another browser, signs nobody in', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser(INSIDE);
    const back = wechat.allow((await leave(phone, ticket.notice.scan?.url ?? '')).href, xiaoming);
    const other = new PhoneBrowser(INSIDE);
    expect(await other.open(back.href)).toContain('invalid_request');
    await phone.open(back.href);
    expect(phone.cookies(gateway.url)).toContain('scangate_phone');
    for (const code of [back.searchParams.get('code') ?? '', 'authdeny', 'made-up', '']) {
      const victim = new PhoneBrowser(INSIDE);
      const again = wechat.allow((await leave(victim, ticket.notice.scan?.url ?? '')).href, xiaoming);
      again.searchParams.set('code', code);
      expect(await victim.open(again.href)).toContain('/phone/wechat/start');
      expect(victim.cookies(gateway.url)).not.toContain('scangate_phone');
    }
  });

  test('while WeChat is away: a readable page, and the ticket goes on', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser(INSIDE);
    const back = wechat.allow((await leave(phone, ticket.notice.scan?.url ?? '')).href, xiaoming);
    wechat.state.refuse = -1;
    expect(await phone.open(back.href)).toContain('<h1');
    wechat.state.refuse = undefined;
    expect(phone.cookies(gateway.url)).not.toContain('scangate_phone');
    expect(expectStatus(await look(ticket), 200).status).toBe('pending');
  });
});

describe('a refusal of WeChat’s', () => {
  const refusedWith = async (code: number): Promise<string> => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser(INSIDE);
    const back = wechat.allow((await leave(phone, ticket.notice.scan?.url ?? '')).href, xiaoming);
    wechat.state.refuse = code;
    const page = await phone.open(back.href);
    wechat.state.refuse = undefined;
    expect(phone.cookies(gateway.url)).not.toContain('scangate_phone');
    expect(phone.address).toBe(back.href);
    expect(expectStatus(await look(ticket), 200).status).toBe('pending');
    return page;
  };
  const logged = (code: number): string =>
    gateway
      .output()
      .stdout.split('\n')
      .filter((line) => line.includes(`"errcode":${code}`))
      .join('\n');

  test.each([40164, 40125, 40013, 48001, 89503])('of the gateway (%i) is a “not now”', async (code) => {
    expect(await refusedWith(code)).toContain('store_unavailable');
    await until(() => logged(code) !== '');
    expect(logged(code)).toContain('"path":"/sns/oauth2/access_token"');
    expect(logged(code)).toContain(`refused ${code}, not in whitelist rid: 5f, of \\"[sent]\\"`);
  });

  test.each([40029, 40163, 42003, 50002, 40226])(
    'of the person (%i) is a page with another try',
    async (code) => {
      const page = await refusedWith(code);
      expect(page).toContain('<code>phone_unknown</code>');
      expect(page).toMatch(/href="\/phone\/wechat\/start\?return_to=%2Fs%2F/);
      await until(() => logged(code) !== '');
    },
  );

  test('a person without the unionid that the operator counts on is a “not now”, and is said in the log', async () => {
    const ticket = await ticketOf();
    const phone = new PhoneBrowser(INSIDE);
    const person = { openid: 'openid-2', nickname: 'x' } as WechatUser;
    const back = wechat.allow((await leave(phone, ticket.notice.scan?.url ?? '')).href, person);
    expect(await phone.open(back.href)).toContain('store_unavailable');
    await until(() => gateway.output().stdout.includes('told no unionid'));
  });
});

describe('a code that WeChat itself scans', () => {
  const eventsAt = (query: Record<string, string>): string =>
    `${gateway.url}/phone/wechat/events?${new URLSearchParams(query).toString()}`;

  function event(kind: string, key: string): string {
    const time = Math.floor(Date.now() / 1000);
    return `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[openid-1]]></FromUserName><CreateTime>${time}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${kind}]]></Event><EventKey><![CDATA[${key}]]></EventKey></xml>`;
  }

  async function tell(
    body: string,
    query = wechat.sign(CALLBACK_TOKEN),
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(eventsAt(query), {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  async function sceneOf(ticket: Minted): Promise<string> {
    const answer = await call<{ url: string; expires_in_ms: number }>(`${ticket.links.self}/wechat`, {
      headers: ticket.secretHeaders,
    });
    const { url, expires_in_ms: life } = expectStatus(answer, 200);
    expect(life).toBeGreaterThan(100_000);
    return new URL(url).pathname.slice('/q/'.length);
  }

  test.each([
    ['SCAN', ''],
    ['subscribe', 'qrscene_'],
  ])('by %s decides nothing: the reply leads to the approval page of that ticket', async (kind, prefix) => {
    const ticket = await ticketOf();
    const scene = await sceneOf(ticket);
    expect(scene.length).toBeLessThanOrEqual(64);
    const reply = await tell(event(kind, prefix + scene));
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('<ToUserName><![CDATA[openid-1]]></ToUserName>');
    expect(expectStatus(await look(ticket), 200).status).toBe('pending');
    const link = /href="([^"]+)"/.exec(reply.text)?.[1] ?? '';
    const phone = new PhoneBrowser(INSIDE);
    await phone.open(wechat.allow((await leave(phone, link)).href, xiaoming).href);
    expect((await scanBy(phone, phone.address)).ticket_id).toBe(ticket.ticketId);
  });

  test('proves its address to WeChat', async () => {
    const query = { ...wechat.sign(CALLBACK_TOKEN), echostr: 'echo-me' };
    expect((await call(eventsAt(query))).text).toBe('echo-me');
    expect((await call(eventsAt({ ...wechat.sign('other'), echostr: 'x' }))).status).toBe(404);
  });

  test('attack: a forged, old or repeated call, or a scene that was made up, leads nowhere', async () => {
    const ticket = await ticketOf();
    const scene = await sceneOf(ticket);
    const scan = event('SCAN', scene);
    expect((await tell(scan, wechat.sign('wrong'))).status).toBe(404);
    expect((await tell(scan, wechat.sign(CALLBACK_TOKEN, Math.floor(Date.now() / 1000) - 301))).status).toBe(
      404,
    );
    expect((await tell(scan, {})).status).toBe(404);
    const signed = wechat.sign(CALLBACK_TOKEN);
    expect((await tell(scan, signed)).text).toContain('/s/');
    expect(await tell(scan, signed)).toEqual({ status: 200, text: 'success' });
    expect((await tell(event('subscribe', scene), signed)).status).toBe(404);
    const nonsense = [
      event('SCAN', `${ticket.ticketId}.${'A'.repeat(22)}`),
      event('SCAN', ticket.ticketId),
      event('VIEW', scene),
      '<xml',
      '',
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><EventKey>&e;</EventKey></xml>',
    ];
    for (const body of nonsense) expect(await tell(body)).toEqual({ status: 200, text: 'success' });
  });

  test.each([40164, 48001, 43004, 45009])(
    'while WeChat refuses it (%i) is a 503 and no defect',
    async (code) => {
      const ticket = await ticketOf();
      wechat.state.refuse = code;
      const answer = await call(`${ticket.links.self}/wechat`, { headers: ticket.secretHeaders });
      wechat.state.refuse = undefined;
      expect([answer.status, answer.body['code']]).toEqual([503, 'store_unavailable']);
      const line = `"path":"/cgi-bin/qrcode/create","errcode":${code}`;
      await until(() => gateway.output().stdout.includes(line));
      expect(gateway.output().stdout).not.toContain('"defect"');
    },
  );

  test('needs the browser secret', async () => {
    const ticket = await ticketOf();
    expect((await call(`${ticket.links.self}/wechat`)).status).toBe(404);
  });
});

test('no secret of WeChat’s stands in a log', () => {
  const { stdout, stderr } = gateway.output();
  expect(stdout + stderr).not.toMatch(/account-secret|website-secret|callback-token/);
});
