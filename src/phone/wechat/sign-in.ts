import type { User } from '../../ticket/events.ts';
import type { PageSessions } from '../page-session.ts';
import type { PageSignIn, PhoneIdentity } from '../phone-identity.ts';
import { userOf } from '../user-claims.ts';
import { PhoneSourceAway } from '../phone-identity.ts';
import { OF_THE_PERSON, WechatRefusal, refusedGateway } from './api.ts';
import type { CallWechat, WechatAnswer } from './api.ts';
import { wechatIssuer } from './issuer.ts';

/** One application at WeChat. */
export interface WechatApp {
  readonly appId: string;
  readonly secret: string;
}

export interface WechatIdentityOptions {
  readonly call: CallWechat;
  /** Where browsers are sent, `https://open.weixin.qq.com` or a stand-in's. */
  readonly openBase: string;
  /** The official account, for phones inside WeChat's browser. */
  readonly account: WechatApp | undefined;
  /** The website application of the Open Platform, for any other browser. */
  readonly website: WechatApp | undefined;
  /** Whether a user is the account's own `openid`, or the `unionid` that all of a company's applications share. */
  readonly subject: 'openid' | 'unionid';
  readonly label: string;
  readonly sessions: PageSessions;
  /** Told what an operator can mend, in words without a secret. */
  readonly note: (why: string) => void;
}

/** A phone signs in with WeChat on the approval page; then its page session says who holds it. */
export function wechatIdentity(options: WechatIdentityOptions): PhoneIdentity {
  const { sessions } = options;
  return {
    source: 'wechat',
    knowsAuthTime: false,
    identify({ pageSession }, note) {
      if (pageSession === undefined) note?.('the credential is no page session');
      else return Promise.resolve(sessions.read(pageSession, 'wechat', note));
      return Promise.resolve(undefined);
    },
    pageSignIn: wechatSignIn(options),
  };
}

function wechatSignIn(options: WechatIdentityOptions): PageSignIn {
  const { account, website, call } = options;

  return {
    label: options.label,
    startPath: '/phone/wechat/start',

    begin(callback, state, agent) {
      const inside = /MicroMessenger/i.test(agent);
      const way = (inside && account !== undefined) || website === undefined ? 'account' : 'website';
      const app = way === 'account' ? account : website;
      const path = way === 'account' ? '/connect/oauth2/authorize' : '/connect/qrconnect';
      const address = new URL(path, options.openBase);
      // WeChat reads the parameters in this order, and wants the fragment.
      address.search = new URLSearchParams({
        appid: app?.appId ?? '',
        redirect_uri: callback,
        response_type: 'code',
        scope: way === 'account' ? 'snsapi_userinfo' : 'snsapi_login',
        state,
      }).toString();
      address.hash = 'wechat_redirect';
      return Promise.resolve({ address: address.href, kept: { way } });
    },

    async finish(came, _state, kept) {
      const code = came.searchParams.get('code');
      const app = kept['way'] === 'website' ? website : account;
      if (code === null || code === '' || code === 'authdeny' || app === undefined) return undefined;
      try {
        return await redeemed(app, code);
      } catch (error) {
        if (error instanceof WechatRefusal && OF_THE_PERSON.includes(error.code)) return undefined;
        return await refusedGateway(Promise.reject<User>(error));
      }
    },
  };

  async function redeemed({ appId: appid, secret }: WechatApp, code: string): Promise<User | undefined> {
    const tokens = await call({
      path: '/sns/oauth2/access_token',
      query: { appid, secret, code, grant_type: 'authorization_code' },
      repeatable: false,
    });
    const { access_token: token, openid } = tokens;
    if (typeof token !== 'string' || typeof openid !== 'string') return undefined;
    const query = { access_token: token, openid, lang: 'zh_CN' };
    const profile = await call({ path: '/sns/userinfo', query, repeatable: true });
    return profile['openid'] === openid ? wechatUser({ ...tokens, ...profile }, appid) : undefined;
  }

  function wechatUser(answer: WechatAnswer, appId: string): User | undefined {
    const issuer = wechatIssuer(options.subject, appId);
    const { nickname: name, headimgurl: picture } = answer;
    const sub = answer[options.subject];
    if (sub === undefined || sub === '') {
      options.note(`WeChat told no ${options.subject}: bind its applications to one Open Platform account`);
      throw new PhoneSourceAway('WeChat does not say who a person is');
    }
    return userOf('wechat', issuer, { sub, name, picture });
  }
}
