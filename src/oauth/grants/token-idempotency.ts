import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { Client } from '../clients/client.ts';
import type { TokenRequest } from './grant.ts';

/** Checks that an `Idempotency-Key` still belongs to the request it came with first. */
export type CheckIdempotency = (client: Client, request: TokenRequest) => Promise<void>;

/** How a client proves itself may differ from one try to the next. */
const PROOFS: ReadonlySet<string> = new Set(['client_secret', 'client_assertion', 'client_assertion_type']);

/**
 * Holds a key to one body, for one client and one code, refresh token or device code. The grants themselves give a lost
 * answer again; all that is kept here is a MAC.
 *
 * @param keyId which key of the ring makes the MACs. @param lifeMs how long a key is remembered.
 * @throws ScangateError `idempotency_mismatch`
 */
export function tokenIdempotency(
  ledger: Ledger,
  secrets: TicketSecrets,
  keyId: () => string,
  lifeMs: number,
): CheckIdempotency {
  return async ({ client_id: clientId }, { idempotencyKey, form }) => {
    if (idempotencyKey === undefined) return;
    const about = (form['code'] ?? form['refresh_token'] ?? form['device_code'] ?? '').split('.', 1)[0] ?? '';
    const scope = ['token', clientId, about, idempotencyKey];
    const name = `idempotency:${secrets.fingerprint('idempotency key', keyId(), scope)}`;
    const body = Object.entries(form)
      .filter(([member, value]) => value !== undefined && !PROOFS.has(member))
      .sort(([one], [other]) => (one < other ? -1 : 1));
    const print = secrets.fingerprint('idempotency body', keyId(), [name, JSON.stringify(body)]);
    const { value } = await ledger.putIfAbsent(name, print, lifeMs);
    if (value !== print) throw new ScangateError('idempotency_mismatch', { field: 'Idempotency-Key' });
  };
}
