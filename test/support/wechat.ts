import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the stand-in counts and how it misbehaves. */
export interface WechatState {
  /** Tokens given out by `stable_token` or `token` that were new ones. */
  fresh: number;
  forced: number;
  /** Every request's path, in order. */
  readonly asked: string[];
  /** Answers every API call with this code, in words that quote what was sent. */
  refuse: number | undefined;
  /** Answers nothing. */
  away: boolean;
  /** Requests that take so long, in milliseconds. */
  delayMs: number;
}

/** A stand-in for WeChat as its documentation has it: errors are HTTP 200, codes count once, an old token goes on for 5 min. */
export interface Wechat {
  readonly address: string;
  readonly state: WechatState;
  /** Moves its clock. */
  pass(ms: number): void;
  /** Makes the token of now invalid, as a foreign node's `cgi-bin/token` does, 5 minutes ago. */
  spoilToken(): void;
  /** A user taps "allow" on the address that a browser was sent to; where the browser goes then. */
  allow(address: string, user: WechatUser): URL;
  /** The parameters by which a callback of the official account is signed. */
  sign(token: string, timestamp?: number): Record<string, string>;
  close(): Promise<void>;
}

export interface WechatUser {
  readonly openid: string;
  readonly unionid: string;
  readonly nickname: string;
}

interface Token {
  readonly text: string;
  readonly until: number;
}

const APPS: Readonly<Record<string, string>> = { wxaccount: 'account-secret', wxwebsite: 'website-secret' };
const LIFE_MS = 7_200_000;
const OLD_MS = 300_000;

/** Starts it on a port of its own. */
export async function startWechat(): Promise<Wechat> {
  let clock = Date.now();
  let current: Token | undefined;
  const good = new Map<string, number>();
  const codes = new Map<string, { user: WechatUser; appid: string; used: boolean; until: number }>();
  const userTokens = new Map<string, WechatUser>();
  let forcedAt = -Infinity;
  const state: WechatState = { fresh: 0, forced: 0, asked: [], refuse: undefined, away: false, delayMs: 0 };

  function fresh(): Token {
    if (current !== undefined) good.set(current.text, clock + OLD_MS);
    current = { text: randomBytes(300).toString('base64url'), until: clock + LIFE_MS };
    good.set(current.text, current.until);
    state.fresh += 1;
    return current;
  }

  function tokenAnswer({ text, until }: Token): object {
    return { access_token: text, expires_in: Math.floor((until - clock) / 1000) };
  }

  function isApp(appid: unknown, secret: unknown): boolean {
    return typeof appid === 'string' && APPS[appid] !== undefined && APPS[appid] === secret;
  }

  const answers: Readonly<
    Record<string, (query: URLSearchParams, body: Readonly<Record<string, unknown>>) => object>
  > = {
    '/cgi-bin/stable_token': (_query, body) => {
      if (!isApp(body['appid'], body['secret'])) return { errcode: 40125, errmsg: 'invalid appsecret' };
      if (body['force_refresh'] === true) {
        if (clock - forcedAt < 30_000) return { errcode: 45011, errmsg: 'api minute-quota reach limit' };
        forcedAt = clock;
        state.forced += 1;
        if (current !== undefined) good.delete(current.text);
        current = undefined;
      }
      const renews = current === undefined || current.until - clock < OLD_MS;
      return tokenAnswer(renews || current === undefined ? fresh() : current);
    },
    '/cgi-bin/token': (query) =>
      isApp(query.get('appid'), query.get('secret'))
        ? tokenAnswer(fresh())
        : { errcode: 40125, errmsg: 'invalid appsecret' },
    '/cgi-bin/qrcode/create': (query, body) => {
      const until = good.get(query.get('access_token') ?? '');
      if (until === undefined) return { errcode: 40001, errmsg: 'invalid credential, not latest' };
      if (clock >= until) return { errcode: 42001, errmsg: 'access_token expired' };
      const { scene } = body['action_info'] as { scene: { scene_str: string } };
      return {
        ticket: randomBytes(30).toString('base64url'),
        expire_seconds: body['expire_seconds'],
        url: `http://weixin.qq.com/q/${scene.scene_str}`,
      };
    },
    '/sns/oauth2/access_token': (query) => {
      if (!isApp(query.get('appid'), query.get('secret')))
        return { errcode: 40125, errmsg: 'invalid appsecret' };
      const found = codes.get(query.get('code') ?? '');
      if (found === undefined || clock >= found.until || found.appid !== query.get('appid'))
        return { errcode: 40029, errmsg: 'invalid code' };
      if (found.used) return { errcode: 40163, errmsg: 'code been used' };
      found.used = true;
      const token = randomBytes(30).toString('base64url');
      userTokens.set(token, found.user);
      const { openid, unionid } = found.user;
      return {
        access_token: token,
        expires_in: 7200,
        refresh_token: 'r',
        openid,
        unionid,
        scope: 'snsapi_userinfo',
      };
    },
    '/sns/userinfo': (query) => {
      const user = userTokens.get(query.get('access_token') ?? '');
      if (user === undefined || user.openid !== query.get('openid'))
        return { errcode: 40001, errmsg: 'invalid' };
      return { ...user, headimgurl: 'https://thirdwx.qlogo.example/1' };
    },
  };

  const server: Server = createServer((req, res) => {
    const url = new URL(req.url ?? '', 'http://wechat');
    state.asked.push(url.pathname);
    if (state.away) return;
    void (async () => {
      const body = await bodyOf(req);
      const sent = url.searchParams.get('secret') ?? body['secret'] ?? url.searchParams.get('access_token');
      const errmsg = `refused ${state.refuse}, not in whitelist rid: 5f, of ${JSON.stringify(sent)}`;
      const refusal = state.refuse === undefined ? undefined : { errcode: state.refuse, errmsg };
      const answer = refusal ?? answers[url.pathname]?.(url.searchParams, body) ?? { errcode: 48001 };
      setTimeout(() => res.end(JSON.stringify(answer)), state.delayMs);
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    pass: (ms) => void (clock += ms),
    spoilToken() {
      if (current !== undefined) good.delete(current.text);
    },
    allow(address, user) {
      const asked = new URL(address);
      const code = randomBytes(16).toString('hex');
      const appid = asked.searchParams.get('appid') ?? '';
      codes.set(code, { user, appid, used: false, until: clock + 300_000 });
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', asked.searchParams.get('state') ?? '');
      return back;
    },
    sign(token, timestamp = Math.floor(Date.now() / 1000)) {
      const nonce = randomBytes(5).toString('hex');
      const list = [token, String(timestamp), nonce].sort().join('');
      return {
        signature: createHash('sha1').update(list).digest('hex'),
        timestamp: String(timestamp),
        nonce,
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function bodyOf(req: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
