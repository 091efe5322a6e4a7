import { isCursor } from '../ticket/cursor.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { KeyRing } from './key-ring.ts';
import { SECRET_LENGTH_MAX } from './ticket-secrets.ts';

/** A refresh token that bears a right MAC: of which session, and made from which of its events. */
export interface CheckedRefresh {
  readonly sid: string;
  readonly generation: Cursor;
}

const SID = /^[A-Za-z0-9_-]{22}$/;

/** Whether a text has the shape of a session id. */
export function isSid(text: string): boolean {
  return SID.test(text);
}

/** The secrets of a session, derived and never stored. */
export class SessionSecrets {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** The id of the key that makes: what a `refreshed` event records. */
  get makingId(): string {
    return this.#ring.makingId;
  }

  /** `<sid>.<generation>.<MAC>`: it belongs to one `opened` or `refreshed` event. */
  refreshToken(sid: string, keyId: string, generation: Cursor): string {
    return `${sid}.${generation}.${this.#mac('refresh', keyId, [sid, generation])}`;
  }

  checkRefreshToken(text: string): CheckedRefresh | undefined {
    if (text.length > SECRET_LENGTH_MAX) return undefined;
    const [sid, generation, mac, ...rest] = text.split('.');
    if (sid === undefined || generation === undefined || mac === undefined || rest.length > 0)
      return undefined;
    if (!isSid(sid) || !isCursor(generation)) return undefined;
    return this.#ring.check(mac, 'refresh', [sid, generation]) === undefined
      ? undefined
      : { sid, generation };
  }

  /** The `jti` of the access token of one event. */
  tokenId(sid: string, keyId: string, generation: Cursor): string {
    return this.#mac('jti', keyId, [sid, generation]);
  }

  #mac(purpose: string, keyId: string, list: readonly string[]): string {
    const mac = this.#ring.mac(keyId, purpose, list);
    if (mac === undefined) throw new Error('a session of a key that is not in the ring');
    return mac;
  }
}
