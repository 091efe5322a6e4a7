/** What the element says; `%s` stands for a name, a number or a time. */
export interface Texts {
  readonly starting: string;
  readonly pending: string;
  readonly pendingDetail: string;
  /** On a phone, below {@link Texts.hereFirst}. */
  readonly pendingPhone: string;
  readonly scanned: string;
  readonly scannedBy: string;
  readonly scannedDetail: string;
  readonly number: string;
  readonly confirmed: string;
  readonly confirmedDetail: string;
  /** Confirmed on this very device, in another window. */
  readonly confirmedReturn: string;
  readonly denied: string;
  readonly deniedDetail: string;
  readonly deniedForRisk: string;
  readonly expired: string;
  readonly expiredDetail: string;
  readonly cancelled: string;
  readonly cancelledDetail: string;
  readonly failed: string;
  readonly failedDetail: string;
  readonly originDetail: string;
  readonly blockedDetail: string;
  readonly offline: string;
  readonly timeLeft: string;
  readonly renew: string;
  readonly cancel: string;
  readonly ask: string;
  readonly askDetail: string;
  readonly somebody: string;
  readonly accept: string;
  readonly notMe: string;
  readonly twoPhones: string;
  readonly here: string;
  /** On a phone, where it comes before the code. */
  readonly hereFirst: string;
  readonly qr: string;
}
