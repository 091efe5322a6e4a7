import { PhoneSourceAway } from './phone-identity.ts';
import type { NoteRefusal, PhoneCredential, PhoneIdentity, PhoneUser } from './phone-identity.ts';

/** All sources of a gateway as one. */
export interface PhoneIdentities {
  readonly all: readonly PhoneIdentity[];
  /**
   * The user that the first source knows from this credential; undefined where none does.
   *
   * @param note told by each source why not, the source's name in front. Absent: nobody wants to know.
   * @throws {@link PhoneSourceAway} where none does and one could not say.
   */
  identify(credential: PhoneCredential, note?: NoteRefusal): Promise<PhoneUser | undefined>;
}

/** Asks the sources in their order. */
export function phoneIdentities(all: readonly PhoneIdentity[]): PhoneIdentities {
  return {
    all,
    async identify(credential, note) {
      let away: PhoneSourceAway | undefined;
      for (const identity of all) {
        try {
          const user = await identity.identify(
            credential,
            note && ((why) => note(`${identity.source}: ${why}`)),
          );
          if (user !== undefined) return user;
        } catch (error) {
          if (!(error instanceof PhoneSourceAway)) throw error;
          away = error;
        }
      }
      if (away !== undefined) throw away;
      return undefined;
    },
  };
}
