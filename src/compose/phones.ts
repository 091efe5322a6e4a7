import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { BadSetting } from '../config/bad-setting.ts';
import { upstreamSettings } from '../config/rooms/phone.ts';
import { breaker } from '../phone/breaker.ts';
import type { Breaker, BreakerState } from '../phone/breaker.ts';
import { demoIdentity } from '../phone/demo.ts';
import { jwtIdentity } from '../phone/jwt.ts';
import { keySource } from '../phone/key-source.ts';
import type { KeySource } from '../phone/key-source.ts';
import { oidcIdentity } from '../phone/oidc.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { PhoneIdentity } from '../phone/phone-identity.ts';
import { userStatus } from '../phone/user-status.ts';
import type { UserStatus } from '../phone/user-status.ts';
import { wechatApi } from '../phone/wechat-api.ts';
import { wechatCredential } from '../phone/wechat-credential.ts';
import type { WechatCredentialOptions } from '../phone/wechat-credential.ts';
import { wechatScenes } from '../phone/wechat-scene.ts';
import type { WechatScenes } from '../phone/wechat-scene.ts';
import { wechatIdentity } from '../phone/wechat-sign-in.ts';
import type { WechatApp } from '../phone/wechat-sign-in.ts';
import { systemTime } from '../time/system-time.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const now = (): number => Date.now();
const KEYS = { freshMs: 300_000, cooldownMs: 30_000 } as const;

/** The phone identities that a configuration names, in its order. @throws BadSetting where one lacks what it needs. */
export function openPhones(
  config: Config,
  metrics: Metrics,
  sessions: PageSessions,
): readonly PhoneIdentity[] {
  return config.phoneIdentities.map((name) => {
    switch (name) {
      case 'demo':
        return demoIdentity(sessions);
      case 'oidc':
        return oidcPhone(config, metrics, sessions);
      case 'jwt':
        return jwtPhone(config, metrics);
      case 'wechat':
        return wechatPhone(config, metrics, sessions);
      default:
        throw new BadSetting('SCANGATE_PHONE_IDENTITY', `"${name}" is not here`);
    }
  });
}

function jwtPhone(config: Config, metrics: Metrics): PhoneIdentity {
  return jwtIdentity({
    issuer: needed(config, 'SCANGATE_PHONE_JWT_ISSUER'),
    audience: needed(config, 'SCANGATE_PHONE_JWT_AUDIENCE'),
    keys: remoteKeys(config, metrics, jwksOf(config)),
    now,
  });
}

// A file is read once before it counts: a wrong path would otherwise look like a provider that is away.
function jwksOf(config: Config): string {
  const from = needed(config, 'SCANGATE_PHONE_JWT_JWKS');
  if (/^https?:/.test(from)) {
    if (!URL.canParse(from)) throw new BadSetting('SCANGATE_PHONE_JWT_JWKS', 'is not an address');
    return from;
  }
  let keys: unknown;
  try {
    ({ keys } = JSON.parse(readFileSync(from, 'utf8')) as { keys: unknown });
  } catch (error) {
    const { code = 'not JSON' } = error as NodeJS.ErrnoException;
    throw new BadSetting('SCANGATE_PHONE_JWT_JWKS', `cannot be read (${code})`);
  }
  if (!Array.isArray(keys)) throw new BadSetting('SCANGATE_PHONE_JWT_JWKS', 'holds no list of keys');
  return from;
}

function oidcPhone(config: Config, metrics: Metrics, sessions: PageSessions): PhoneIdentity {
  const issuer = needed(config, 'SCANGATE_PHONE_OIDC_ISSUER');
  if (!URL.canParse(issuer)) throw new BadSetting('SCANGATE_PHONE_OIDC_ISSUER', 'is not an address');
  return oidcIdentity({
    issuer,
    clientId: needed(config, 'SCANGATE_PHONE_OIDC_CLIENT_ID'),
    clientSecret: config.SCANGATE_PHONE_OIDC_CLIENT_SECRET,
    scope: config.SCANGATE_PHONE_OIDC_SCOPE,
    label: config.SCANGATE_PHONE_OIDC_LABEL ?? new URL(issuer).host,
    sessions,
    breaker: upstream(config, metrics, 'oidc'),
    timeoutMs: config.SCANGATE_UPSTREAM_TIMEOUT,
  });
}

function wechatPhone(config: Config, metrics: Metrics, sessions: PageSessions): PhoneIdentity {
  const account = wechatAccount(config);
  const website = wechatApp(
    'SCANGATE_PHONE_WECHAT_WEB_APP_SECRET',
    config.SCANGATE_PHONE_WECHAT_WEB_APP_ID,
    config.SCANGATE_PHONE_WECHAT_WEB_APP_SECRET,
  );
  if (account === undefined && website === undefined)
    throw new BadSetting('SCANGATE_PHONE_WECHAT_APP_ID', 'is needed by this phone identity');
  return wechatIdentity({
    call: wechatApi(config.SCANGATE_PHONE_WECHAT_API, upstream(config, metrics, 'wechat')),
    openBase: config.SCANGATE_PHONE_WECHAT_OPEN,
    account,
    website,
    subject: config.SCANGATE_PHONE_WECHAT_SUBJECT,
    label: '微信 WeChat',
    sessions,
  });
}

/** Scene QR codes, where there is an official account and its callback has a token; else undefined. */
export function openWechatScenes(
  config: Config,
  metrics: Metrics,
  kept: Pick<WechatCredentialOptions, 'ledger' | 'box' | 'makeId'>,
): WechatScenes | undefined {
  const account = wechatAccount(config);
  const callbackToken = config.SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN;
  if (!config.phoneIdentities.includes('wechat') || account === undefined || callbackToken === undefined)
    return undefined;
  const call = wechatApi(config.SCANGATE_PHONE_WECHAT_API, upstream(config, metrics, 'wechat_account'));
  const kind = config.SCANGATE_PHONE_WECHAT_CREDENTIAL;
  const credential = wechatCredential({ ...kept, ...account, call, kind, time: systemTime });
  return wechatScenes({ call, credential, ledger: kept.ledger, callbackToken, now });
}

function wechatAccount(config: Config): WechatApp | undefined {
  return wechatApp(
    'SCANGATE_PHONE_WECHAT_APP_SECRET',
    config.SCANGATE_PHONE_WECHAT_APP_ID,
    config.SCANGATE_PHONE_WECHAT_APP_SECRET,
  );
}

function wechatApp(
  name: string,
  appId: string | undefined,
  secret: string | undefined,
): WechatApp | undefined {
  if (appId === undefined) return undefined;
  if (secret === undefined) throw new BadSetting(name, 'is needed by this phone identity');
  return { appId, secret };
}

/** The keys of a client's `jwks_uri`, read as a phone's issuer's are. */
export function remoteKeys(config: Config, metrics: Metrics, address: string): KeySource {
  return keySource({ from: address, breaker: upstream(config, metrics, 'keys'), ...KEYS, now });
}

/** Whether users may sign in: asked where an address is configured, else every one may. */
export function openUserStatus(config: Config, metrics: Metrics): UserStatus {
  const address = config.SCANGATE_USER_STATUS_URL;
  if (address === undefined) return () => Promise.resolve(true);
  if (!/^https?:/.test(address) || !URL.canParse(address))
    throw new BadSetting('SCANGATE_USER_STATUS_URL', 'is not a web address');
  return userStatus({
    address,
    token: config.SCANGATE_USER_STATUS_TOKEN,
    breaker: upstream(config, metrics, 'user_status'),
    cacheMs: config.SCANGATE_USER_STATUS_CACHE,
    now,
  });
}

const OPEN: Record<BreakerState, number> = { closed: 0, half_open: 0.5, open: 1 };
const PAUSE_MS = 100;

function upstream(config: Config, metrics: Metrics, name: string): Breaker {
  metrics.upstreamOpen.set({ upstream: name }, 0);
  return breaker({
    ...upstreamSettings(config),
    pauseMs: PAUSE_MS,
    time: systemTime,
    random: Math.random,
    onState: (state) => metrics.upstreamOpen.set({ upstream: name }, OPEN[state]),
  });
}

type PhoneSetting =
  | 'SCANGATE_PHONE_JWT_ISSUER'
  | 'SCANGATE_PHONE_JWT_AUDIENCE'
  | 'SCANGATE_PHONE_JWT_JWKS'
  | 'SCANGATE_PHONE_OIDC_ISSUER'
  | 'SCANGATE_PHONE_OIDC_CLIENT_ID';

function needed(config: Config, name: PhoneSetting): string {
  const value = config[name];
  if (value === undefined) throw new BadSetting(name, 'is needed by this phone identity');
  return value;
}
