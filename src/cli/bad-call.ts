/** A wrong call that only the command itself can tell: status 2. */
export class BadCall extends Error {
  override readonly name = 'BadCall';
}
