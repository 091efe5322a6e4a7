import { isCursor } from '../ticket/cursor.ts';
import type { Cursor } from '../ticket/cursor.ts';
import type { Binding } from '../ticket/events.ts';
import type { KeyRing } from './key-ring.ts';

/** A secret that bears a right MAC: whose it says it is, and under which key. What it opens, the ticket's events decide. */
export interface Checked {
  readonly ticketId: string;
  readonly keyId: string;
  readonly data: string;
}

/** A scan code, its period, and whether it is opened on the very device that waits. */
export interface CheckedScanCode extends Checked {
  readonly period: number;
  readonly sameDevice: boolean;
}

/** The longest secret that is looked at, in characters. */
export const SECRET_LENGTH_MAX = 120;

const TICKET_ID = /^[A-Za-z0-9_-]{22}$/;
/** A period; with an `s` before it, of a code that is opened on the same device. */
const PERIOD = /^s?(0|[1-9][0-9]{0,8})$/;

/** Consonants that are told apart by eye and spell no words (RFC 8628 §6.1). */
export const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
export const USER_CODE_LENGTH = 8;
const USER_CODE_BASE = BigInt(USER_CODE_ALPHABET.length);

/** Whether a text has the shape of a ticket id: 128 bits in base64url. */
export function isTicketId(text: string): boolean {
  return TICKET_ID.test(text);
}

/**
 * The secrets of a ticket, `<ticket id>.<data>.<MAC>`, derived and never stored. A check needs no store: it finds
 * forgeries. The caller then holds the key id and the data against the ticket's own events.
 */
export class TicketSecrets {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** What the QR code shows: good in its period and the one after. */
  scanCode(ticketId: string, keyId: string, period: number): string {
    return this.#make('scan', keyId, ticketId, String(period));
  }

  /** What the browser that waits opens on its own device in the place of the QR code: good for as long. */
  sameDeviceCode(ticketId: string, keyId: string, period: number): string {
    return this.#make('scan', keyId, ticketId, `s${period}`);
  }

  /** What a scan code, or one of the same device, says of itself. */
  checkScanCode(text: string): CheckedScanCode | undefined {
    const checked = this.#check('scan', text, (data) => PERIOD.test(data));
    const sameDevice = checked?.data.startsWith('s') === true;
    return checked && { ...checked, sameDevice, period: Number(checked.data.replace('s', '')) };
  }

  /** What the phone's yes gives back to the browser on the same device. It belongs to one confirmation. */
  returnSecret(ticketId: string, keyId: string, confirmedId: Cursor): string {
    return this.#make('return', keyId, ticketId, confirmedId);
  }

  checkReturnSecret(text: string): Checked | undefined {
    return this.#check('return', text, isCursor);
  }

  /** The waiting browser's secret. The binding is part of its purpose: a cookie never works as a bearer, nor the reverse. */
  browserSecret(ticketId: string, keyId: string, binding: Binding): string {
    return this.#make(`browser/${binding}`, keyId, ticketId, 'b');
  }

  checkBrowserSecret(text: string, binding: Binding): Checked | undefined {
    return this.#check(`browser/${binding}`, text, (data) => data === 'b');
  }

  /** The phone's handshake: it belongs to one scan, named by the `scanned` event's id. */
  handshake(ticketId: string, keyId: string, scannedId: Cursor): string {
    return this.#make('handshake', keyId, ticketId, scannedId);
  }

  checkHandshake(text: string): Checked | undefined {
    return this.#check('handshake', text, isCursor);
  }

  /** The authorization code: it belongs to one confirmation, named by the `confirmed` event's id. */
  code(ticketId: string, keyId: string, confirmedId: Cursor): string {
    return this.#make('code', keyId, ticketId, confirmedId);
  }

  checkCode(text: string): Checked | undefined {
    return this.#check('code', text, isCursor);
  }

  /** Two digits, 10 to 99, that the browser shows and the phone types. They belong to one scan. */
  number(ticketId: string, keyId: string, scannedId: Cursor): string {
    const mac = this.#mac('number', keyId, [ticketId, scannedId]);
    return String(10 + (Buffer.from(mac, 'base64url').readUInt32BE(0) % 90));
  }

  /** The id of the session that a confirmation can open. It begins like the ticket's id and so shares its partition. */
  sid(ticketId: string, keyId: string, confirmedId: Cursor): string {
    return ticketId.slice(0, 2) + this.#mac('sid', keyId, [ticketId, confirmedId]).slice(0, 20);
  }

  /** What a device shows beside its QR code, 8 characters of base 20 (RFC 8628 §6.1). It follows from the ticket's id. */
  userCode(ticketId: string, keyId: string): string {
    let number = Buffer.from(this.#mac('user-code', keyId, [ticketId]), 'base64url').readBigUInt64BE(0);
    let code = '';
    for (; code.length < USER_CODE_LENGTH; number /= USER_CODE_BASE)
      code += USER_CODE_ALPHABET[Number(number % USER_CODE_BASE)];
    return code;
  }

  /** Under which names a user code may be kept: its MACs under all keys of the ring, the making one first. */
  userCodeNames(code: string): readonly string[] {
    return this.#ring.ids.map((keyId) => this.#mac('user-code-name', keyId, [code]));
  }

  /** A MAC for one purpose over a list, under the ticket's own key: for what must not be stored as it came. */
  fingerprint(purpose: string, keyId: string, list: readonly string[]): string {
    return this.#mac(`fingerprint/${purpose}`, keyId, list);
  }

  #make(purpose: string, keyId: string, ticketId: string, data: string): string {
    return `${ticketId}.${data}.${this.#mac(purpose, keyId, [ticketId, data])}`;
  }

  #mac(purpose: string, keyId: string, list: readonly string[]): string {
    const mac = this.#ring.mac(keyId, purpose, list);
    if (mac === undefined) throw new Error('a ticket of a key that is not in the ring');
    return mac;
  }

  #check(purpose: string, text: string, shape: (data: string) => boolean): Checked | undefined {
    if (text.length > SECRET_LENGTH_MAX) return undefined;
    const [ticketId, data, mac, ...rest] = text.split('.');
    if (ticketId === undefined || data === undefined || mac === undefined || rest.length > 0)
      return undefined;
    if (!isTicketId(ticketId) || !shape(data)) return undefined;
    const keyId = this.#ring.check(mac, purpose, [ticketId, data]);
    return keyId === undefined ? undefined : { ticketId, keyId, data };
  }
}
