/** Why a rehearsal could not be played to its end: one line for people. */
export class NotPlayed extends Error {
  override readonly name = 'NotPlayed';
}
