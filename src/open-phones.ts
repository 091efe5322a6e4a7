import type { Config } from './config.ts';
import { BadSetting } from './config.ts';
import { breaker } from './phone/breaker.ts';
import { demoIdentity } from './phone/demo.ts';
import { jwtIdentity } from './phone/jwt.ts';
import { keySource } from './phone/key-source.ts';
import type { KeySource } from './phone/key-source.ts';
import type { PageSessions } from './phone/page-session.ts';
import type { PhoneIdentity } from './phone/phone-identity.ts';

const UPSTREAM = { timeoutMs: 3000, tries: 3, pauseMs: 100, failuresMax: 5, openMs: 10_000 } as const;
const KEYS = { freshMs: 300_000, cooldownMs: 30_000 } as const;

/** The phone identities that a configuration names, in its order. @throws BadSetting where one lacks what it needs. */
export function openPhones(config: Config, sessions: PageSessions): readonly PhoneIdentity[] {
  return config.phoneIdentities.map((name) => {
    switch (name) {
      case 'demo':
        return demoIdentity(sessions);
      case 'jwt':
        return jwtPhone(config);
      default:
        throw new BadSetting('SCANGATE_PHONE_IDENTITY', `"${name}" is not here yet`);
    }
  });
}

function jwtPhone(config: Config): PhoneIdentity {
  const now = (): number => Date.now();
  return jwtIdentity({
    issuer: needed(config, 'SCANGATE_PHONE_JWT_ISSUER'),
    audience: needed(config, 'SCANGATE_PHONE_JWT_AUDIENCE'),
    keys: remoteKeys(needed(config, 'SCANGATE_PHONE_JWT_JWKS')),
    now,
  });
}

/** The keys of a client's `jwks_uri`, read as a phone's issuer's are. */
export function remoteKeys(address: string): KeySource {
  const now = (): number => Date.now();
  return keySource({
    from: address,
    breaker: breaker({ ...UPSTREAM, now, random: Math.random }),
    ...KEYS,
    now,
  });
}

type PhoneSetting = 'SCANGATE_PHONE_JWT_ISSUER' | 'SCANGATE_PHONE_JWT_AUDIENCE' | 'SCANGATE_PHONE_JWT_JWKS';

function needed(config: Config, name: PhoneSetting): string {
  const value = config[name];
  if (value === undefined) throw new BadSetting(name, 'is needed by this phone identity');
  return value;
}
