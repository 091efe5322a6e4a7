import type { User } from '../ticket/events.ts';
import { UpstreamAway, UpstreamRefusal } from './breaker.ts';
import type { CallOutward } from '../outward/outward.ts';
import type { Breaker } from './breaker.ts';
import type { PhoneIdentities } from './identities.ts';
import { PhoneSourceAway } from './phone-identity.ts';
import { readJson } from './upstream-json.ts';

/**
 * Whether a user may sign in now.
 *
 * @throws PhoneSourceAway where that cannot be said: doubt is never a yes.
 */
export type UserStatus = (user: User) => Promise<boolean>;

/** Who knows the status of users. Durations in milliseconds. */
export interface UserStatusOptions {
  /** Asked by POST with `{source, issuer, subject}`; answers `{"status": "active"}` or any other status, or a 404. */
  readonly address: string;
  /** Sent as `Authorization: Bearer`; undefined: nothing is. */
  readonly token: string | undefined;
  readonly breaker: Breaker;
  readonly call: CallOutward;
  /** How long an answer counts. */
  readonly cacheMs: number;
  readonly now: () => number;
}

interface Known {
  readonly active: boolean;
  readonly until: number;
}

/** How many users' answers are kept. */
const KNOWN_MAX = 10_000;

/** Asks, and keeps each answer for a moment: a sign-in asks several times, and users come at once. */
export function userStatus(options: UserStatusOptions): UserStatus {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<boolean>>();

  async function ask({ source, issuer, subject }: User): Promise<boolean> {
    const headers = {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    };
    const body = JSON.stringify({ source, issuer, subject });
    const { address, call } = options;
    const sent = { method: 'POST', headers, body, named: true } as const;
    try {
      return isActive(await options.breaker.call((signal) => readJson(call, address, { ...sent, signal })));
    } catch (error) {
      if (error instanceof UpstreamRefusal && error.message === 'status 404') return false;
      if (error instanceof UpstreamAway || error instanceof UpstreamRefusal)
        throw new PhoneSourceAway('the status of users cannot be asked');
      throw error;
    }
  }

  function keep(key: string, active: boolean): boolean {
    const [oldest] = known.keys();
    if (known.size >= KNOWN_MAX && oldest !== undefined) known.delete(oldest);
    known.delete(key);
    known.set(key, { active, until: options.now() + options.cacheMs });
    return active;
  }

  return async (user) => {
    const key = JSON.stringify([user.source, user.issuer, user.subject]);
    const last = known.get(key);
    if (last !== undefined && options.now() < last.until) return last.active;
    const running =
      asking.get(key) ??
      ask(user)
        .then((active) => keep(key, active))
        .finally(() => asking.delete(key));
    asking.set(key, running);
    return await running;
  };
}

/** The same sources, but a user who may not sign in holds no phone: not at the scan, not at the confirmation. */
export function activePhones(phones: PhoneIdentities, status: UserStatus): PhoneIdentities {
  return {
    all: phones.all,
    async identify(credential, note) {
      const user = await phones.identify(credential, note);
      if (user === undefined || (await status(user))) return user;
      note?.(`${user.source}: the user may not sign in`);
      return undefined;
    },
  };
}

function isActive(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null) throw new PhoneSourceAway('the status is no object');
  return 'status' in answer && answer.status === 'active';
}
