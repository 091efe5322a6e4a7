import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';

/** Whose key it is and for what: the same key of another operation, caller or ticket is another key. */
export interface IdempotencyScope {
  readonly key: string | undefined;
  readonly operation: string;
  readonly caller: User;
  readonly ticketId: string;
  /** The id of the key that the ticket was minted with: it makes the MACs that are stored. */
  readonly keyId: string;
  readonly body: unknown;
}

/**
 * Remembers under which `Idempotency-Key` a request was answered, and how. The commands themselves already do nothing
 * twice, so all that is kept is a MAC of the body and the status of the first answer: no answer, and no secret.
 */
export interface Idempotency {
  /**
   * Runs a request, or runs it again; a repeated one is answered with the first one's status.
   *
   * @throws ScangateError `idempotency_mismatch` where the key came with another body.
   */
  run(scope: IdempotencyScope, work: () => Promise<Done>): Promise<Done>;
}

/** What a request came to. */
export interface Done {
  readonly status: number;
  readonly body: object;
}

/** @param lifeMs how long a key is remembered. */
export function idempotency(ledger: Ledger, secrets: TicketSecrets, lifeMs: number): Idempotency {
  return {
    async run({ key, operation, caller, ticketId, keyId, body }, work) {
      if (key === undefined) return await work();
      const { source, issuer, subject } = caller;
      const name = `idempotency:${secrets.fingerprint('idempotency key', keyId, [
        operation,
        source,
        issuer,
        subject,
        ticketId,
        key,
      ])}`;
      const print = secrets.fingerprint('idempotency body', keyId, [name, JSON.stringify(body)]);
      const known = await ledger.putIfAbsent(name, print, lifeMs);
      const [knownPrint, knownStatus] = known.value.split(' ');
      if (knownPrint !== print) throw new ScangateError('idempotency_mismatch', { field: 'Idempotency-Key' });
      const done = await work();
      if (knownStatus !== undefined) return { ...done, status: Number(knownStatus) };
      await ledger.replaceIf(name, print, `${print} ${done.status}`, lifeMs);
      return done;
    },
  };
}
