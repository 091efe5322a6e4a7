/** What a gateway said yes to. Each is an event of the ticket's log, by the same name. */
export type Step = 'minted' | 'scanned' | 'confirmed' | 'denied' | 'redeemed';

/** One sign-in as its people saw it. */
export interface SignIn {
  /** Index of the act in which it began. */
  readonly act: number;
  readonly acknowledged: { readonly step: Step; readonly atMs: number }[];
  /** The `sid` of each access token that the client got. */
  readonly sessions: Set<string>;
  /** Undefined until it was minted. */
  ticketId?: string;
  /** The state that ended the browser's wait. */
  heard?: string;
  /** How it ended; undefined while it is under way. */
  ending?: 'signed in' | 'denied' | 'gave up';
}

/** A sign-in that begins now. */
export function beginSignIn(act: number): SignIn {
  return { act, acknowledged: [], sessions: new Set() };
}
