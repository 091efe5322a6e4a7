import type { Time } from '../../time/time.ts';
import { PhoneSourceAway } from '../phone-identity.ts';
import type { CallWechat } from './api.ts';
import type { WechatToken, WechatTokenRecord } from './token-record.ts';

/** What a token is asked of WeChat with. */
export interface TokenFetchOptions {
  readonly call: CallWechat;
  readonly appId: string;
  readonly secret: string;
  /** `cgi-bin/stable_token`, or the older `cgi-bin/token`, whose every call makes the token before invalid. */
  readonly kind: 'stable_token' | 'token';
  readonly time: Time;
}

const AHEAD_MS = 600_000;

/**
 * Asks WeChat for a token other than `bad`; where it gives the same again, with force and within the bounds for that.
 *
 * @throws WechatRefusal; PhoneSourceAway where there is no token to be had.
 */
export async function fetchToken(
  options: TokenFetchOptions,
  record: WechatTokenRecord,
  bad: string | undefined,
): Promise<WechatToken> {
  const fetched = await ask(options, false);
  if (fetched.token !== bad) return fetched;
  if (!(await record.mayForce())) throw new PhoneSourceAway('WeChat must not be asked for another token yet');
  return await ask(options, true);
}

async function ask(options: TokenFetchOptions, force: boolean): Promise<WechatToken> {
  const { appId: appid, secret, kind, time } = options;
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
