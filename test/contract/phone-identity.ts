import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PhoneSourceAway } from '../../src/phone/phone-identity.ts';
import type { PhoneCredential, PhoneIdentity } from '../../src/phone/phone-identity.ts';
import type { User } from '../../src/ticket/events.ts';

/** One source, and what it must make of credentials. */
export interface IdentityUnderTest {
  readonly identity: PhoneIdentity;
  /** Credentials that prove a user now, and which. */
  readonly good: readonly {
    readonly what: string;
    readonly credential: PhoneCredential;
    readonly user: User;
  }[];
  /** Credentials that prove nobody, named after the attack or mishap. */
  readonly bad: readonly { readonly what: string; readonly credential: PhoneCredential }[];
  /** How often the upstream was called so far; absent: there is none. */
  readonly calls?: () => number;
  /** The same source while its upstream is away, and a credential that cannot be judged without. */
  readonly away?: {
    readonly identity: PhoneIdentity;
    readonly credential: PhoneCredential;
    readonly withinMs: number;
  };
  readonly close?: () => Promise<void>;
}

/** Text that a credential of no source looks like, whatever it is. */
const NOISE = ['', '.', 'x', '..', 'a.b.c', '\u0000', 'é', 'x'.repeat(100_000), '{"user":{}}', 'null'];

/** The promises of `src/phone/phone-identity.ts`, to be run against every source. */
export function phoneIdentityContract(name: string, make: () => Promise<IdentityUnderTest>): void {
  describe(`${name} keeps the identity port's promises`, () => {
    let world: IdentityUnderTest;

    beforeAll(async () => {
      world = await make();
    });

    afterAll(async () => {
      await world.close?.();
    });

    test('a good credential is its user, every time, under the source’s own name', async () => {
      expect(world.good.length).toBeGreaterThan(0);
      for (const { credential, user } of world.good) {
        expect(await world.identity.identify(credential)).toEqual(user);
        expect(await world.identity.identify(credential)).toEqual(user);
        expect(user.source).toBe(world.identity.source);
      }
    });

    test('a bad credential is nobody, and never an error', async () => {
      expect(world.bad.length).toBeGreaterThan(0);
      const found = await Promise.all(
        world.bad.map(async ({ what, credential }) => [what, await world.identity.identify(credential)]),
      );
      expect(found.filter(([, user]) => user !== undefined)).toEqual([]);
    });

    test('no credential, noise, and credentials of other sources are nobody, without a call upstream', async () => {
      const before = world.calls?.();
      expect(await world.identity.identify({})).toBeUndefined();
      for (const noise of NOISE) {
        expect(await world.identity.identify({ bearer: noise })).toBeUndefined();
        expect(await world.identity.identify({ pageSession: noise })).toBeUndefined();
      }
      expect(world.calls?.()).toBe(before);
    });

    test('a credential that was changed in one character is nobody', async () => {
      for (const { credential } of world.good) {
        for (const member of ['bearer', 'pageSession'] as const) {
          const text = credential[member];
          if (text === undefined || text.startsWith('demo-')) continue;
          const at = Math.floor(text.length / 2);
          const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
          expect(await world.identity.identify({ [member]: changed })).toBeUndefined();
        }
      }
    });

    test('an upstream that is away is said to be, in bounded time, with nothing of the credential', async () => {
      const { away } = world;
      if (away === undefined) {
        expect(world.calls).toBeUndefined();
        return;
      }
      const start = performance.now();
      const error: unknown = await away.identity.identify(away.credential).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PhoneSourceAway);
      expect(performance.now() - start).toBeLessThan(away.withinMs);
      const secret = away.credential.bearer ?? away.credential.pageSession ?? 'none';
      expect(`${String(error)} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(secret);
    });
  });
}
