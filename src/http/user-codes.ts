/** The user codes of device tickets (RFC 8628 §6.1). */
export interface UserCodes {
  /** The ticket that a typed code names, however it was written; undefined for an unknown or outdated one. */
  find(typed: string): Promise<string | undefined>;
}
