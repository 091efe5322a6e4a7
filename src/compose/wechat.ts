import { BadSetting } from '../config/bad-setting.ts';
import type { Config } from '../config/config.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { PhoneIdentity } from '../phone/phone-identity.ts';
import { wechatApi } from '../phone/wechat-api.ts';
import { wechatCredential } from '../phone/wechat-credential.ts';
import { wechatScenes } from '../phone/wechat-scene.ts';
import type { WechatScenes } from '../phone/wechat-scene.ts';
import { wechatIdentity } from '../phone/wechat-sign-in.ts';
import type { WechatApp } from '../phone/wechat-sign-in.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { systemTime } from '../time/system-time.ts';
import { makeId } from './randomness.ts';
import type { Secrets } from './secrets.ts';
import { makeUpstream } from './upstream.ts';

/** Phones of WeChat's users. @throws BadSetting where neither of its applications is configured. */
export function makeWechatPhone(config: Config, metrics: Metrics, sessions: PageSessions): PhoneIdentity {
  const account = accountOf(config);
  const website = appOf(
    'SCANGATE_PHONE_WECHAT_WEB_APP_SECRET',
    config.SCANGATE_PHONE_WECHAT_WEB_APP_ID,
    config.SCANGATE_PHONE_WECHAT_WEB_APP_SECRET,
  );
  if (account === undefined && website === undefined)
    throw new BadSetting('SCANGATE_PHONE_WECHAT_APP_ID', 'is needed by this phone identity');
  return wechatIdentity({
    call: wechatApi(config.SCANGATE_PHONE_WECHAT_API, makeUpstream(config, metrics, 'wechat')),
    openBase: config.SCANGATE_PHONE_WECHAT_OPEN,
    account,
    website,
    subject: config.SCANGATE_PHONE_WECHAT_SUBJECT,
    label: '微信 WeChat',
    sessions,
  });
}

/** Scene QR codes, where there is an official account and its callback has a token; else undefined. */
export function makeWechatScenes(
  config: Config,
  metrics: Metrics,
  ledger: Ledger,
  secrets: Secrets,
): WechatScenes | undefined {
  const account = accountOf(config);
  const callbackToken = config.SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN;
  if (!config.phoneIdentities.includes('wechat') || account === undefined || callbackToken === undefined)
    return undefined;
  const call = wechatApi(config.SCANGATE_PHONE_WECHAT_API, makeUpstream(config, metrics, 'wechat_account'));
  const credential = wechatCredential({
    ...account,
    call,
    ledger,
    box: secrets.wechatBox,
    kind: config.SCANGATE_PHONE_WECHAT_CREDENTIAL,
    makeId,
    time: systemTime,
  });
  return wechatScenes({ call, credential, ledger, callbackToken, now: () => systemTime.wallNow() });
}

function accountOf(config: Config): WechatApp | undefined {
  return appOf(
    'SCANGATE_PHONE_WECHAT_APP_SECRET',
    config.SCANGATE_PHONE_WECHAT_APP_ID,
    config.SCANGATE_PHONE_WECHAT_APP_SECRET,
  );
}

function appOf(name: string, appId: string | undefined, secret: string | undefined): WechatApp | undefined {
  if (appId === undefined) return undefined;
  if (secret === undefined) throw new BadSetting(name, 'is needed by this phone identity');
  return { appId, secret };
}
