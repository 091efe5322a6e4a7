import { readFileSync } from 'node:fs';
import { BadSetting } from '../config/bad-setting.ts';
import type { Config } from '../config/config.ts';
import type { PhoneIdentityName } from '../config/phone-identities.ts';
import { demoIdentity } from '../phone/demo.ts';
import { phoneIdentities } from '../phone/identities.ts';
import type { PhoneIdentities } from '../phone/identities.ts';
import { JWT_REFUSALS, jwtIdentity } from '../phone/jwt.ts';
import { oidcIdentity } from '../phone/oidc.ts';
import { pageSessions } from '../phone/page-session.ts';
import type { PageSessions } from '../phone/page-session.ts';
import type { PhoneIdentity } from '../phone/phone-identity.ts';
import { parseJson } from '../phone/upstream-json.ts';
import { activePhones, userStatus } from '../phone/user-status.ts';
import type { UserStatus } from '../phone/user-status.ts';
import { systemTime } from '../time/system-time.ts';
import { assertOutward, makeOutward } from './outward.ts';
import type { Secrets } from './secrets.ts';
import { makeIssuerKeys, makeUpstream } from './upstream.ts';
import type { Telling } from './telling.ts';
import { makeWechatPhone } from './wechat.ts';

/** Who may hold a phone. */
export interface Phones {
  /** The configured sources; a user who may not sign in holds none of their phones. */
  readonly identities: PhoneIdentities;
  /** Who signed in on the approval page. */
  readonly pageSessions: PageSessions;
  readonly isActive: UserStatus;
}

/** The phone identities that a configuration names, in its order. @throws BadSetting where one lacks what it needs. */
export function makePhones(config: Config, telling: Telling, secrets: Secrets): Phones {
  const sessions = pageSessions(secrets.pageSeal, config.SCANGATE_PAGE_SESSION_LIFE, () =>
    systemTime.wallNow(),
  );
  const isActive = makeUserStatus(config, telling);
  const all = config.phoneIdentities.map((name) => makePhone(name, config, telling, sessions));
  return { identities: activePhones(phoneIdentities(all), isActive), pageSessions: sessions, isActive };
}

function makePhone(
  name: PhoneIdentityName,
  config: Config,
  telling: Telling,
  sessions: PageSessions,
): PhoneIdentity {
  switch (name) {
    case 'demo':
      return demoIdentity(sessions, () => systemTime.wallNow());
    case 'oidc':
      return makeOidcPhone(config, telling, sessions);
    case 'jwt':
      return makeJwtPhone(config, telling);
    case 'wechat':
      return makeWechatPhone(config, telling, sessions);
  }
}

/** So many expired JWTs in a row, none taken between them, are no matter of one person's. */
const EXPIRED_MIN = 3;

function makeJwtPhone(config: Config, telling: Telling): PhoneIdentity {
  const outage = telling.outages.about('phone_jwt', {}, JWT_REFUSALS);
  for (const reason of JWT_REFUSALS) telling.metrics.jwtRefusals.inc({ reason }, 0);
  let expired = 0;
  return jwtIdentity({
    issuer: needed(config, 'SCANGATE_PHONE_JWT_ISSUER'),
    audience: needed(config, 'SCANGATE_PHONE_JWT_AUDIENCE'),
    keys: makeIssuerKeys(config, telling, jwksOf(config)),
    claims: config.SCANGATE_PHONE_CLAIMS ?? [],
    toleranceMs: config.SCANGATE_PHONE_JWT_TOLERANCE,
    lifeMaxMs: config.SCANGATE_PHONE_JWT_LIFE_MAX,
    now: () => systemTime.wallNow(),
    onRefusal: (reason) => {
      telling.metrics.jwtRefusals.inc({ reason });
      // What is no JWT of this issuer tells nothing of its app.
      if (reason === 'malformed' || reason === 'issuer') return;
      // One that is expired is one person's; where all are, a clock is wrong.
      expired = reason === 'expired' ? expired + 1 : 0;
      if (reason !== 'expired' || expired >= EXPIRED_MIN)
        outage.failed('jwt', { cause: reason, why: `JWTs of the phone app are refused: ${reason}` });
    },
    onTaken: () => {
      expired = 0;
      outage.worked('jwt');
    },
  });
}

// A file is read once before it counts: a wrong path would otherwise look like a provider that is away.
function jwksOf(config: Config): string {
  const from = needed(config, 'SCANGATE_PHONE_JWT_JWKS');
  if (/^https?:/.test(from)) {
    assertOutward('SCANGATE_PHONE_JWT_JWKS', from);
    return from;
  }
  let keys: unknown;
  try {
    ({ keys } = parseJson(readFileSync(from)) as { keys: unknown });
  } catch (error) {
    const { code = 'not JSON' } = error as NodeJS.ErrnoException;
    throw new BadSetting('SCANGATE_PHONE_JWT_JWKS', `cannot be read (${code})`);
  }
  if (!Array.isArray(keys)) throw new BadSetting('SCANGATE_PHONE_JWT_JWKS', 'holds no list of keys');
  return from;
}

function makeOidcPhone(config: Config, telling: Telling, sessions: PageSessions): PhoneIdentity {
  const issuer = needed(config, 'SCANGATE_PHONE_OIDC_ISSUER');
  if (!URL.canParse(issuer)) throw new BadSetting('SCANGATE_PHONE_OIDC_ISSUER', 'is not an address');
  return oidcIdentity({
    issuer,
    clientId: needed(config, 'SCANGATE_PHONE_OIDC_CLIENT_ID'),
    get clientSecret() {
      return config.SCANGATE_PHONE_OIDC_CLIENT_SECRET;
    },
    scope: config.SCANGATE_PHONE_OIDC_SCOPE,
    claims: config.SCANGATE_PHONE_CLAIMS ?? [],
    label: config.SCANGATE_PHONE_OIDC_LABEL ?? new URL(issuer).host,
    sessions,
    call: makeOutward(config, telling.tracing),
    breaker: makeUpstream(config, telling, 'oidc', issuer),
    timeoutMs: config.SCANGATE_UPSTREAM_TIMEOUT,
  });
}

/** Whether users may sign in: asked where an address is configured, else every one may. */
function makeUserStatus(config: Config, telling: Telling): UserStatus {
  const address = config.SCANGATE_USER_STATUS_URL;
  if (address === undefined) return () => Promise.resolve(true);
  assertOutward('SCANGATE_USER_STATUS_URL', address);
  return userStatus({
    address,
    call: makeOutward(config, telling.tracing),
    get token() {
      return config.SCANGATE_USER_STATUS_TOKEN;
    },
    breaker: makeUpstream(config, telling, 'user_status', address),
    cacheMs: config.SCANGATE_USER_STATUS_CACHE,
    now: () => systemTime.wallNow(),
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
