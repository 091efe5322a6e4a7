import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of who holds the phone: one group a source, and the users' status. */
export const PHONE_SETTINGS = {
  SCANGATE_PHONE_JWT_ISSUER: setting('text', undefined, 'issuer of the app’s JWTs'),
  SCANGATE_PHONE_JWT_AUDIENCE: setting('text', undefined, 'audience the JWTs must name'),
  SCANGATE_PHONE_JWT_JWKS: setting('text', undefined, 'where their keys are: an https address or a file'),
  SCANGATE_PHONE_JWT_TOLERANCE: setting('duration', 'PT30S', 'how far their issuer’s clock may be off', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_PHONE_JWT_LIFE_MAX: setting(
    'duration',
    'P30D',
    'the longest life a JWT may have, from `iat` to `exp`, or from now where it has no `iat`',
    { min: 1000 },
  ),
  SCANGATE_PHONE_OIDC_ISSUER: setting('text', undefined, 'the provider that phones sign in at'),
  SCANGATE_PHONE_OIDC_CLIENT_ID: setting('text', undefined, 'who the gateway is to it'),
  SCANGATE_PHONE_OIDC_CLIENT_SECRET: setting(
    'text',
    undefined,
    'its secret; none: a public client with PKCE',
    { secret: true },
  ),
  SCANGATE_PHONE_OIDC_SCOPE: setting('text', 'openid profile', 'what is asked for'),
  SCANGATE_PHONE_OIDC_LABEL: setting('text', undefined, 'what the link to it says; by default its host'),
  SCANGATE_PHONE_CLAIMS: setting(
    'list',
    undefined,
    'claims of your own that `jwt` and `oidc` keep of a user, for the clients registered for them',
  ),
  SCANGATE_PAGE_SESSION_LIFE: setting(
    'duration',
    'P1D',
    'how long the approval page knows who signed in on it',
    { min: 1000, max: 400 * 86_400_000 },
  ),
  SCANGATE_USER_STATUS_URL: setting(
    'text',
    undefined,
    'asked by POST `{source, issuer, subject}` whether a user may sign in: `{"status": "active"}`',
  ),
  SCANGATE_USER_STATUS_TOKEN: setting('text', undefined, 'bearer that is sent there', { secret: true }),
  SCANGATE_USER_STATUS_CACHE: setting('duration', 'PT5S', 'how long its answer counts', {
    min: 0,
    max: 300_000,
  }),
  SCANGATE_PHONE_WECHAT_APP_ID: setting('text', undefined, 'the official account, for phones inside WeChat'),
  SCANGATE_PHONE_WECHAT_APP_SECRET: setting('text', undefined, 'its secret', { secret: true }),
  SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN: setting(
    'text',
    undefined,
    'the token of its callback `/phone/wechat/events`; given: there are scene QR codes',
    { secret: true },
  ),
  SCANGATE_PHONE_WECHAT_ENCODING_AES_KEY: setting(
    'text',
    undefined,
    'the EncodingAESKey of that callback, in the compatible and the safe mode',
    { secret: true },
  ),
  SCANGATE_PHONE_WECHAT_CREDENTIAL: setting(
    ['stable_token', 'token'],
    'stable_token',
    'where the server’s own token comes from',
  ),
  SCANGATE_PHONE_WECHAT_WEB_APP_ID: setting(
    'text',
    undefined,
    'the Open Platform website application, for other browsers',
  ),
  SCANGATE_PHONE_WECHAT_WEB_APP_SECRET: setting('text', undefined, 'its secret', { secret: true }),
  SCANGATE_PHONE_WECHAT_SUBJECT: setting(
    ['openid', 'unionid'],
    'openid',
    'who a WeChat user is: to one application, or to all of the company’s',
  ),
  SCANGATE_PHONE_WECHAT_API: setting('text', 'https://api.weixin.qq.com', 'where WeChat’s API is'),
  SCANGATE_PHONE_WECHAT_OPEN: setting(
    'text',
    'https://open.weixin.qq.com',
    'where browsers sign in with WeChat',
  ),
} as const satisfies Record<string, Setting>;
