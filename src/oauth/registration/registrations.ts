import type { KeyRing } from '../../secrets/key-ring.ts';
import type { Ledger } from '../../store/ledger.ts';
import { OAuthError } from '../error.ts';
import type { Registration } from './registered-client.ts';

/** The clients that registered themselves, where all nodes see them: in the ledger, each for as long as it lives. */
export interface Registrations {
  find(clientId: string): Promise<Registration | undefined>;
  /** Keeps a new one. @throws OAuthError `temporarily_unavailable` where there are as many as there may be. */
  add(registration: Registration): Promise<void>;
  /** Puts one in the place of another, unless that has changed since. */
  replace(before: Registration, after: Registration): Promise<boolean>;
  remove(registration: Registration): Promise<void>;
  /** What tells every living one apart from any other, and from itself before an update. */
  marks(): Promise<readonly string[]>;
}

/** Which client a mark is of. */
export function clientIdOf(mark: string): string {
  return mark.slice(0, mark.indexOf('.'));
}

/** What tells one registration apart from any other. */
export function markOf({ client_id: clientId, revision }: Registration): string {
  return `${clientId}.${revision}`;
}

/** By this its id is known to be that of a client that registered itself. */
export const ID_PREFIX = 'dyn_';
const ID_SHAPE = /^dyn_[A-Za-z0-9_-]{22}$/;

const SET = 'registered-clients';

/** More marks than this are never on their way at one time: beyond the bound they push no other out of the set. */
const AT_ONE_TIME = 10_000;

export interface RegistrationsOptions {
  readonly ledger: Ledger;
  /** The most clients that may be registered at one time. */
  readonly max: number;
  /** How long one lives, in milliseconds. */
  readonly lifeMs: number;
}

export function registrations({ ledger, max, lifeMs }: RegistrationsOptions): Registrations {
  return {
    async find(clientId) {
      if (!ID_SHAPE.test(clientId)) return undefined;
      const text = await ledger.get(keyOf(clientId));
      return text === null ? undefined : (JSON.parse(text) as Registration);
    },

    async add(registration) {
      const mark = markOf(registration);
      // It counts before the others are counted, so that of several at one time none gets past the bound.
      await ledger.addMember(SET, mark, lifeMs, max + AT_ONE_TIME);
      try {
        if ((await ledger.members(SET, max + 1)).length > max) throw tooMany();
        await ledger.putIfAbsent(keyOf(registration.client_id), JSON.stringify(registration), lifeMs);
      } catch (error) {
        await ledger.removeMember(SET, mark);
        throw error;
      }
    },

    async replace(before, after) {
      const [old, text] = [JSON.stringify(before), JSON.stringify(after)];
      const [was, is] = [markOf(before), markOf(after)];
      // A mark stands before anybody can find what it marks, and replace that: none is left over, which would count.
      if (is !== was) await ledger.addMember(SET, is, lifeMs, max + AT_ONE_TIME);
      const done = await ledger.replaceIf(keyOf(before.client_id), old, text, lifeMs);
      if (is !== was) await ledger.removeMember(SET, done ? was : is);
      else if (done) await ledger.addMember(SET, is, lifeMs, max + AT_ONE_TIME);
      return done;
    },

    async remove(registration) {
      await ledger.delete(keyOf(registration.client_id));
      await ledger.removeMember(SET, markOf(registration));
    },

    marks: () => ledger.members(SET, max + AT_ONE_TIME),
  };
}

function tooMany(): OAuthError {
  return new OAuthError('temporarily_unavailable', 'There are as many registered clients as there may be.');
}

function keyOf(clientId: string): string {
  return `registered-client:${clientId}`;
}

/** The secrets of registered clients: none is kept, all follow from the ring. */
export interface RegistrationSecrets {
  /** What proves a confidential client; undefined where its key is no longer in the ring. */
  secretOf(registration: Registration): string | undefined;
  /** What reads, changes and removes a registration (RFC 7592 §3). */
  accessTokenOf(registration: Registration): string | undefined;
}

export function registrationSecrets(ring: KeyRing): RegistrationSecrets {
  const of =
    (purpose: string) =>
    ({ key_id: keyId, client_id: clientId, issued_at: at }: Registration): string | undefined =>
      ring.mac(keyId, purpose, [clientId, String(at)]);
  return { secretOf: of('registered client'), accessTokenOf: of('registration access token') };
}
