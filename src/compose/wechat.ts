import { randomBytes } from 'node:crypto';
import { BadSetting } from '../config/bad-setting.ts';
import type { Config } from '../config/config.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { PhoneIdentity } from '../phone/phone-identity.ts';
import { wechatApi } from '../phone/wechat/api.ts';
import type { CallWechat } from '../phone/wechat/api.ts';
import { wechatCallback } from '../phone/wechat/callback.ts';
import { isEncodingAesKey, wechatCipher } from '../phone/wechat/cipher.ts';
import type { WechatCipher } from '../phone/wechat/cipher.ts';
import { wechatCredential } from '../phone/wechat/credential.ts';
import { wechatScenes } from '../phone/wechat/scene.ts';
import type { WechatScenes } from '../phone/wechat/scene.ts';
import { wechatIdentity } from '../phone/wechat/sign-in.ts';
import type { WechatApp } from '../phone/wechat/sign-in.ts';
import type { Ledger } from '../store/ledger.ts';
import { seldom } from '../telemetry/seldom.ts';
import { systemTime } from '../time/system-time.ts';
import { makeId } from './randomness.ts';
import type { Secrets } from './secrets.ts';
import { makeOutward } from './outward.ts';
import { makeUpstream } from './upstream.ts';
import type { Telling } from './telling.ts';

/** Phones of WeChat's users. @throws BadSetting where neither of its applications is configured. */
export function makeWechatPhone(config: Config, telling: Telling, sessions: PageSessions): PhoneIdentity {
  const account = accountOf(config);
  const webId = config.SCANGATE_PHONE_WECHAT_WEB_APP_ID;
  const website = appOf(config, 'SCANGATE_PHONE_WECHAT_WEB_APP_SECRET', webId);
  if (account === undefined && website === undefined)
    throw new BadSetting('SCANGATE_PHONE_WECHAT_APP_ID', 'is needed by this phone identity');
  return wechatIdentity({
    call: makeApi(config, telling, 'wechat'),
    openBase: config.SCANGATE_PHONE_WECHAT_OPEN,
    account,
    website,
    subject: config.SCANGATE_PHONE_WECHAT_SUBJECT,
    label: '微信 WeChat',
    sessions,
    note: (why) => telling.log.warn({ why }, 'WeChat'),
  });
}

/** Scene QR codes, where there is an official account and its callback has a token; else undefined. */
export function makeWechatScenes(
  config: Config,
  telling: Telling,
  ledger: Ledger,
  secrets: Secrets,
): WechatScenes | undefined {
  const account = accountOf(config);
  const callbackToken = config.SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN;
  if (!config.phoneIdentities.includes('wechat') || account === undefined || callbackToken === undefined)
    return undefined;
  const call = makeApi(config, telling, 'wechat_account');
  const credential = wechatCredential({
    appId: account.appId,
    get secret() {
      return account.secret;
    },
    call,
    ledger,
    box: secrets.wechatBox,
    kind: config.SCANGATE_PHONE_WECHAT_CREDENTIAL,
    makeId,
    time: systemTime,
  });
  const cipher = liveCipher(config, account);
  const callback = wechatCallback({
    ledger,
    get token() {
      return config.SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN ?? callbackToken;
    },
    get cipher() {
      return cipher();
    },
    makeId,
    now: () => systemTime.wallNow(),
    note: (why) => telling.log.warn({ why }, 'WeChat'),
  });
  return wechatScenes({ call, credential, callback });
}

function makeApi(config: Config, telling: Telling, name: string): CallWechat {
  const rarely = seldom(() => systemTime.now());
  return wechatApi(
    makeOutward(config, telling.tracing),
    config.SCANGATE_PHONE_WECHAT_API,
    makeUpstream(config, telling, name),
    (refusal) =>
      rarely(`${refusal.errcode} ${refusal.path}`, (untold) =>
        telling.log.warn({ ...refusal, untold }, 'WeChat refused'),
      ),
  );
}

// A key that is none, once the gateway runs, changes nothing.
function liveCipher(config: Config, { appId }: WechatApp): () => WechatCipher | undefined {
  const name = 'SCANGATE_PHONE_WECHAT_ENCODING_AES_KEY';
  const made = (key: string | undefined): WechatCipher | undefined =>
    key === undefined ? undefined : wechatCipher(key, appId, randomBytes);
  let key = config.SCANGATE_PHONE_WECHAT_ENCODING_AES_KEY;
  if (key !== undefined && !isEncodingAesKey(key))
    throw new BadSetting(name, 'is not 43 characters of base64');
  let cipher = made(key);
  return () => {
    const next = config.SCANGATE_PHONE_WECHAT_ENCODING_AES_KEY;
    if (next !== key && next !== undefined && isEncodingAesKey(next)) {
      key = next;
      cipher = made(key);
    }
    return cipher;
  };
}

function accountOf(config: Config): WechatApp | undefined {
  return appOf(config, 'SCANGATE_PHONE_WECHAT_APP_SECRET', config.SCANGATE_PHONE_WECHAT_APP_ID);
}

function appOf(
  config: Config,
  name: 'SCANGATE_PHONE_WECHAT_APP_SECRET' | 'SCANGATE_PHONE_WECHAT_WEB_APP_SECRET',
  appId: string | undefined,
): WechatApp | undefined {
  if (appId === undefined) return undefined;
  if (config[name] === undefined) throw new BadSetting(name, 'is needed by this phone identity');
  return {
    appId,
    get secret() {
      return config[name] ?? '';
    },
  };
}
