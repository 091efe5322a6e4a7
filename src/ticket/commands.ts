import type { ConfirmedData, MintedData, Device, User } from './events.ts';
import type { Risk } from './risk.ts';

/** What someone may ask of a ticket. Who they are was proven before: by the browser secret, or the phone's credential. */
export type TicketCommand =
  | { readonly type: 'mint'; readonly data: MintedData }
  | {
      readonly type: 'scan';
      readonly user: User;
      readonly phone: Device;
      readonly sameDevice?: boolean;
      readonly risk?: Risk;
    }
  /** Another user's phone has scanned it too. */
  | { readonly type: 'contest'; readonly user: User; readonly risk?: Risk }
  /** `userKey`: the digest by which a known browser knows the user. */
  | ({ readonly type: 'confirm'; readonly user: User; readonly userKey?: string } & Pick<
      ConfirmedData,
      'auth_time'
    >)
  | { readonly type: 'accept' }
  | { readonly type: 'deny'; readonly user: User; readonly report: boolean; readonly reason?: 'number' }
  /** Ends what was scanned under a risk that its client refuses. */
  | { readonly type: 'refuse' }
  | { readonly type: 'cancel' }
  /** An operator's: whatever waits, or was confirmed and not redeemed, is over. */
  | { readonly type: 'revoke' }
  | { readonly type: 'redeem'; readonly replay?: string }
  | { readonly type: 'expire' };
