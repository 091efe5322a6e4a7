import { momentOf } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Client } from '../clients/client.ts';

/** What makes two redemptions the same request. */
export interface OwedRequest {
  readonly client: Client;
  readonly idempotencyKey: string | undefined;
  readonly proof: string;
  readonly jkt: string | undefined;
}

/**
 * Answers that a client is owed: its ticket is redeemed, but too few replicas had that, so it was given nothing yet. OAuth's
 * clients send no `Idempotency-Key`, so it is remembered for them; where a failover loses that, the answer to the same
 * request is `invalid_grant` again.
 */
export interface OwedAnswers {
  note(request: OwedRequest, seen: TicketView): Promise<void>;
  isOwed(request: OwedRequest, seen: TicketView): Promise<boolean>;
  /** Marks an answer as given. @returns whether it was owed until now. */
  take(request: OwedRequest, seen: TicketView): Promise<boolean>;
  /** Whether a redemption is so long ago that no answer to it may have been lost. */
  isOld(seen: TicketView): boolean;
}

/** @param windowMs how long an answer may be lost, in milliseconds. */
export function owedAnswers(ledger: Ledger, secrets: TicketSecrets, windowMs: number): OwedAnswers {
  function nameOf({ client, proof, jkt }: OwedRequest, { ticketId, ticket }: TicketView): string {
    const about = [ticketId, client.client_id, proof, ...(jkt === undefined ? [] : [jkt])];
    return `owed:${secrets.fingerprint('owed', ticket.minted.key_id, about)}`;
  }

  function isOld({ head, ticket, now }: TicketView): boolean {
    const at = momentOf(head, ticket.redeemed?.id);
    return at === undefined || now - at > windowMs;
  }

  return {
    isOld,
    async note(request, seen) {
      if (request.idempotencyKey !== undefined) return;
      await ledger.putIfAbsent(nameOf(request, seen), 'owed', windowMs);
    },
    async isOwed(request, seen) {
      if (request.idempotencyKey !== undefined || isOld(seen)) return false;
      return (await ledger.get(nameOf(request, seen))) !== null;
    },
    async take(request, seen) {
      return await ledger.delete(nameOf(request, seen));
    },
  };
}
