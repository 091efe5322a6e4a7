import { createHash } from 'node:crypto';
import { USER_CODE_ALPHABET, USER_CODE_LENGTH } from '../../secrets/ticket-secrets.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';

/** Who types a user code: wrong ones are counted against the user, and against the address where that may be. */
export interface Typist {
  readonly user: User;
  /** Undefined: addresses are not counted. */
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
   * @throws ScangateError `too_many_requests` after too many wrong ones (RFC 8628 §5.1).
   */
  find(typed: string, by: Typist): Promise<string | undefined>;
  /** The code of a device ticket as it is shown: `WDJB-MJHT`. */
  shown(ticketId: string, keyId: string): string;
}

export interface UserCodesOptions {
  readonly ledger: Ledger;
  readonly secrets: TicketSecrets;
  /** Wrong codes within the window that shut a user, or an address, out until its end. */
  readonly tries: number;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Whether wrong codes count against addresses too; users are always counted. */
  readonly countsAddresses: boolean;
}

const NOT_IN_ALPHABET = new RegExp(`[^${USER_CODE_ALPHABET}]`, 'g');

/** Keeps the codes in the ledger. */
export function userCodes(options: UserCodesOptions): DeviceUserCodes {
  const { ledger, secrets, tries, windowMs } = options;

  async function lookUp(code: string): Promise<string | undefined> {
    for (const name of secrets.userCodeNames(code)) {
      const found = await ledger.get(`user-code:${name}`);
      if (found !== null) return found;
    }
    return undefined;
  }

  async function refuseShutOut(names: readonly string[]): Promise<void> {
    const shut = await Promise.all(names.map((name) => ledger.get(`user-code-shut:${name}`)));
    if (shut.some((value) => value !== null))
      throw new ScangateError('too_many_requests', {
        retryAfterMs: windowMs,
        message: 'Too many wrong codes.',
      });
  }

  async function countWrong(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const count = await ledger.count(`user-code-wrong:${name}`, windowMs);
        if (count >= tries) await ledger.putIfAbsent(`user-code-shut:${name}`, '1', windowMs);
      }),
    );
  }

  return {
    async claim(ticketId, keyId, lifeMs) {
      const [name = ''] = secrets.userCodeNames(secrets.userCode(ticketId, keyId));
      const { value } = await ledger.putIfAbsent(`user-code:${name}`, ticketId, lifeMs);
      return value === ticketId;
    },

    async find(typed, by) {
      const names = namesOf(options.countsAddresses ? by : { ...by, address: undefined });
      await refuseShutOut(names);
      const code = typed.normalize('NFKC').toUpperCase().replace(NOT_IN_ALPHABET, '');
      if (code.length !== USER_CODE_LENGTH) return undefined;
      const found = await lookUp(code);
      if (found === undefined) await countWrong(names);
      return found;
    },

    shown: (ticketId, keyId) => secrets.userCode(ticketId, keyId).replace(/^(.{4})/, '$1-'),
  };
}

function namesOf({ user, address }: Typist): readonly string[] {
  const digest = (list: readonly string[]): string =>
    createHash('sha256').update(JSON.stringify(list)).digest('base64url');
  const { source, issuer, subject } = user;
  return [digest([source, issuer, subject]), ...(address === undefined ? [] : [digest([address])])];
}
