import { createHash } from 'node:crypto';
import type { Ledger } from '../store/ledger.ts';
import { sleep } from '../time/time.ts';
import type { Time } from '../time/time.ts';
import { PhoneSourceAway } from './phone-identity.ts';
import { WechatRefusal } from './wechat-api.ts';
import type { CallWechat } from './wechat-api.ts';

/** Hides what the ledger keeps; `compose` hands in one made of the secrets. */
export interface HideText {
  close(text: string): string;
  open(closed: string): string | undefined;
}

/** What the server's own credential at WeChat is made of. Durations in milliseconds. */
export interface WechatCredentialOptions {
  readonly call: CallWechat;
  readonly ledger: Ledger;
  readonly box: HideText;
  readonly appId: string;
  readonly secret: string;
  /** `cgi-bin/stable_token`, or the older `cgi-bin/token`, whose every call makes the token before invalid. */
  readonly kind: 'stable_token' | 'token';
  readonly time: Time;
  /** Makes the name under which this node holds the lease. */
  readonly makeId: () => string;
}

/** Calls that need the server's credential. */
export interface WechatCredential {
  /**
   * Runs a call with the token; once more with another one where WeChat says that it is outdated.
   *
   * @throws WechatRefusal; PhoneSourceAway where there is no token to be had, or its quota is used up.
   */
  through(run: (token: string) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>>;
}

interface Kept {
  readonly token: string;
  /** When it ends, and from when on another one is fetched ahead; milliseconds since the epoch. */
  readonly until: number;
  readonly renewAt: number;
}

const OUTDATED: readonly number[] = [40001, 40014, 42001];
/** How long nobody asks again after a quota: of a day, of a minute. */
const BACK_OFF_MS: Readonly<Record<number, number>> = { 45009: 600_000, 45011: 60_000 };
/** How long nobody asks again after any other failure: so many waiting calls are not as many attempts. */
const PAUSE_MS = 1000;
const AHEAD_MS = 600_000;
const LEASE_MS = 10_000;
const LOOK_MS = 50;
/** WeChat allows a forced refresh every 30 s and 20 a day. */
const FORCE_PAUSE_MS = 30_000;
const FORCES_A_DAY = 20;
const DAY_MS = 86_400_000;

/** One token for all nodes, in the ledger; whoever holds the lease fetches, everyone else goes on with what there is. */
export function wechatCredential(options: WechatCredentialOptions): WechatCredential {
  const { ledger, box, time } = options;
  const digest = createHash('sha256').update(options.appId).digest('base64url').slice(0, 22);
  const key = (name: string): string => `wechat-${name}:${digest}`;

  async function read(): Promise<{ kept: Kept | undefined; text: string | null }> {
    const text = await ledger.get(key('token'));
    const opened = text === null ? undefined : box.open(text);
    return { kept: opened === undefined ? undefined : (JSON.parse(opened) as Kept), text };
  }

  async function fetchToken(force: boolean): Promise<Kept> {
    const { appId: appid, secret, kind } = options;
    const who = { grant_type: 'client_credential', appid, secret };
    const answer = await options.call(
      kind === 'stable_token'
        ? { path: '/cgi-bin/stable_token', json: { ...who, force_refresh: force }, repeatable: !force }
        : { path: '/cgi-bin/token', query: who, repeatable: false },
    );
    const { access_token: token, expires_in: seconds } = answer;
    if (typeof token !== 'string' || typeof seconds !== 'number')
      throw new PhoneSourceAway('WeChat gave no token');
    const until = time.wallNow() + seconds * 1000;
    return { token, until, renewAt: until - Math.min(AHEAD_MS, seconds * 250) };
  }

  async function fetchAnother(bad: string | undefined): Promise<Kept> {
    const fetched = await fetchToken(false);
    if (fetched.token !== bad) return fetched;
    const { stored } = await ledger.putIfAbsent(key('forced'), '1', FORCE_PAUSE_MS);
    if (!stored || (await ledger.count(key('forces'), DAY_MS)) > FORCES_A_DAY)
      throw new PhoneSourceAway('WeChat must not be asked for another token yet');
    return await fetchToken(true);
  }

  async function renew(bad: string | undefined): Promise<Kept | undefined> {
    const holder = options.makeId();
    const { stored } = await ledger.putIfAbsent(key('lease'), holder, LEASE_MS);
    if (!stored) return undefined;
    try {
      const { kept, text } = await read();
      if (kept !== undefined && kept.token !== bad && time.wallNow() < kept.renewAt) return kept;
      const fetched = await fetchAnother(bad);
      await ledger.replaceIf(
        key('token'),
        text,
        box.close(JSON.stringify(fetched)),
        fetched.until - time.wallNow(),
      );
      return fetched;
    } finally {
      await ledger.delete(key('lease'), holder);
    }
  }

  // Another node is fetching: what it gets is for us too.
  async function awaitOther(bad: string | undefined): Promise<Kept> {
    for (let waited = 0; waited < LEASE_MS; waited += LOOK_MS) {
      await sleep(time, LOOK_MS);
      const { kept } = await read();
      if (kept !== undefined && kept.token !== bad && time.wallNow() < kept.until) return kept;
      if (await isBackingOff()) break;
      if ((await ledger.get(key('lease'))) === null) break;
    }
    if (await isBackingOff()) throw new PhoneSourceAway('WeChat gave no token');
    const own = await renew(bad);
    if (own === undefined) throw new PhoneSourceAway('no WeChat token in time');
    return own;
  }

  async function token(bad: string | undefined): Promise<string> {
    const { kept } = await read();
    const usable = kept !== undefined && kept.token !== bad && time.wallNow() < kept.until;
    if (usable && time.wallNow() < kept.renewAt) return kept.token;
    if (await isBackingOff()) {
      if (usable) return kept.token;
      throw new PhoneSourceAway('WeChat gave no token, or its quota is used up');
    }
    const renewed = await renewOrKeep(bad, usable ? kept : undefined);
    return renewed.token;
  }

  async function renewOrKeep(bad: string | undefined, usable: Kept | undefined): Promise<Kept> {
    try {
      return (await renew(bad)) ?? usable ?? (await awaitOther(bad));
    } catch (error) {
      await backOff(error, PAUSE_MS);
      if (usable !== undefined) return usable;
      throw error;
    }
  }

  async function backOff(error: unknown, otherwiseMs: number): Promise<void> {
    const quotaMs = error instanceof WechatRefusal ? BACK_OFF_MS[error.code] : undefined;
    const ms = quotaMs ?? otherwiseMs;
    if (ms > 0) await ledger.putIfAbsent(key('back-off'), '1', ms);
  }

  async function isBackingOff(): Promise<boolean> {
    return (await ledger.get(key('back-off'))) !== null;
  }

  return {
    async through(run) {
      const first = await token(undefined);
      try {
        return await run(first);
      } catch (error) {
        await backOff(error, 0);
        if (!(error instanceof WechatRefusal) || !OUTDATED.includes(error.code)) throw error;
      }
      return await run(await token(first));
    },
  };
}
