import { createHash } from 'node:crypto';
import { USER_CODE_ALPHABET, USER_CODE_LENGTH } from '../../secrets/ticket-secrets.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { suspect } from '../../telemetry/security-event.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';

/** Who types a user code: wrong ones shut out the user alone, for an address may be that of very many people. */
export interface Typist {
  readonly user: User;
  /** Whose many wrong ones make the next ones late. Undefined: addresses are not counted. */
  readonly address: string | undefined;
}

/** The user codes of device tickets (RFC 8628 §6.1). Only their MACs are kept. */
export interface DeviceUserCodes {
  /** Claims a ticket's code, before the ticket is made. False: another living ticket has it; take another ticket id. */
  claim(ticketId: string, keyId: string, lifeMs: number): Promise<boolean>;
  /**
   * The ticket that a typed code names, however it was written, in full-width letters too; undefined for an unknown or
   * outdated one. What is no code at all counts as no wrong one.
   *
   * @throws ScangateError `too_many_requests` after too many wrong ones (RFC 8628 §5.1), or while as many are being looked at.
   */
  find(typed: string, by: Typist): Promise<string | undefined>;
  /** The code of a device ticket as it is shown: `WDJB-MJHT`. */
  shown(ticketId: string, keyId: string): string;
}

export interface UserCodesOptions {
  readonly ledger: Ledger;
  readonly secrets: TicketSecrets;
  /** Wrong codes within the window that shut a user out until its end, and beyond which codes of an address are looked up late. */
  readonly tries: number;
  /** Wrong codes of everybody within the window, beyond which all are looked up late: slowed, and never shut out. */
  readonly budget: number;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Kept after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Whether wrong codes are counted by address too; users are always counted. */
  readonly countsAddresses: boolean;
  /** Makes what a place is known by as one's own: 128 random bits in base64url. */
  readonly makeId: () => string;
}

/** How much later codes are looked up for each wrong one beyond a budget, in milliseconds, and how late at most. */
const OVER_MS = 10;
const PAUSE_MAX_MS = 3000;

/** One of the tries that a user has within the window. */
interface Place {
  /** The user's, as the ledger has it. */
  readonly name: string;
  readonly key: string;
  /** Whoever took it; a place is given back under this alone. */
  readonly value: string;
}

/** What a look-up found, and how late it was made. */
interface Looked {
  readonly found: string | undefined;
  readonly lateMs: number;
}

const NOT_IN_ALPHABET = new RegExp(`[^${USER_CODE_ALPHABET}]`, 'g');

/** Keeps the codes in the ledger. */
export function userCodes(options: UserCodesOptions): DeviceUserCodes {
  const { ledger, secrets } = options;
  const { takeFor, giveBack, keepWrong } = triesOf(options);
  const lateness = latenessOf(options);

  async function lookUp(code: string): Promise<string | undefined> {
    for (const name of secrets.userCodeNames(code)) {
      const found = await ledger.get(`user-code:${name}`);
      if (found !== null) return found;
    }
    return undefined;
  }

  // Late before the look-up, or who hangs up sooner would know by the silence that a code is wrong.
  async function lookUpAt(place: Place, code: string, address: string | undefined): Promise<Looked> {
    try {
      const lateMs = await lateness.wait(address);
      return { found: await lookUp(code), lateMs };
    } catch (error) {
      await giveBack(place);
      throw error;
    }
  }

  return {
    async claim(ticketId, keyId, lifeMs) {
      const [name = ''] = secrets.userCodeNames(secrets.userCode(ticketId, keyId));
      const { value } = await ledger.putIfAbsent(`user-code:${name}`, ticketId, lifeMs);
      return value === ticketId;
    },

    async find(typed, by) {
      const code = typed.normalize('NFKC').toUpperCase().replace(NOT_IN_ALPHABET, '');
      if (code.length !== USER_CODE_LENGTH) return undefined;
      const place = await takeFor(by.user);
      const address = options.countsAddresses ? by.address : undefined;
      const { found, lateMs } = await lookUpAt(place, code, address);
      if (found !== undefined) await giveBack(place);
      else await Promise.all([keepWrong(place), lateness.count(address, lateMs)]);
      return found;
    },

    shown: (ticketId, keyId) => secrets.userCode(ticketId, keyId).replace(/^(.{4})/, '$1-'),
  };
}

/** The places that users have for tries. */
function triesOf({ ledger, tries, windowMs, makeId }: UserCodesOptions) {
  return { takeFor, giveBack, keepWrong };

  async function takeFor(user: User): Promise<Place> {
    const { source, issuer, subject } = user;
    try {
      return await take(digestOf([source, issuer, subject]));
    } catch (error) {
      const isShutOut = error instanceof ScangateError && error.code === 'too_many_requests';
      throw isShutOut ? suspect(error, { kind: 'brute_force', reason: 'user_code', user }) : error;
    }
  }

  /** Takes one of the places that a name has for tries, before the code is looked at: tries at one time get no more. */
  async function take(name: string): Promise<Place> {
    if ((await ledger.get(`user-code-shut:${name}`)) !== null) throw shutOut(windowMs);
    for (let index = 0; index < tries; index += 1) {
      const place = { name, key: `user-code-try:${name}:${index}`, value: makeId() };
      if (await isTaken(place)) return place;
    }
    throw shutOut(windowMs);
  }

  /** A store that fails may have stored all the same. */
  async function isTaken(place: Place): Promise<boolean> {
    try {
      return (await ledger.putIfAbsent(place.key, place.value, windowMs)).stored;
    } catch (error) {
      await giveBack(place);
      throw error;
    }
  }

  /** As far as the store can: a place that stays ends with the window. */
  async function giveBack({ key, value }: Place): Promise<void> {
    await ledger.delete(key, value).catch(() => false);
  }

  async function keepWrong({ name }: Place): Promise<void> {
    const wrong = await ledger.count(`user-code-wrong:${name}`, windowMs);
    if (wrong >= tries) await ledger.putIfAbsent(`user-code-shut:${name}`, '1', windowMs);
  }
}

/** How late codes are looked up once there are very many wrong ones, of an address or of everybody: at all nodes together. */
function latenessOf({ ledger, tries, budget, windowMs, pause }: UserCodesOptions) {
  return { wait, count };

  /** Waits as long as is due by what was counted until now. Milliseconds. */
  async function wait(address: string | undefined): Promise<number> {
    const lateMs = await dueBy(address, (name) => ledger.counted(name));
    if (lateMs > 0) await pause(lateMs);
    return lateMs;
  }

  /** Counts a wrong one, and waits for what is due by then and was not waited for. */
  async function count(address: string | undefined, waitedMs: number): Promise<void> {
    const leftMs = (await dueBy(address, (name) => ledger.count(name, windowMs))) - waitedMs;
    if (leftMs > 0) await pause(leftMs);
  }

  async function dueBy(
    address: string | undefined,
    wrongOf: (name: string) => Promise<number>,
  ): Promise<number> {
    const everybody = lateBy(wrongOf('user-code-wrong'), budget);
    if (address === undefined) return everybody;
    const its = lateBy(wrongOf(`user-code-wrong:${digestOf([address])}`), tries);
    return Math.max(...(await Promise.all([everybody, its])));
  }
}

async function lateBy(wrong: Promise<number>, max: number): Promise<number> {
  return Math.min(Math.max(0, (await wrong) - max) * OVER_MS, PAUSE_MAX_MS);
}

function shutOut(retryAfterMs: number): ScangateError {
  return new ScangateError('too_many_requests', { retryAfterMs, message: 'Too many wrong codes.' });
}

function digestOf(list: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url');
}
