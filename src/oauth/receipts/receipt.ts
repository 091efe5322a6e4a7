import { SignJWT, calculateJwkThumbprint, exportJWK } from 'jose';
import type { JWTPayload } from 'jose';
import { createPublicKey } from 'node:crypto';
import type { TicketView } from '../../command/ticket-view.ts';
import type { KeyRing } from '../../secrets/key-ring.ts';
import { recordKeyOf } from '../../secrets/record-keys.ts';
import { asksNumber } from '../../ticket/ticket.ts';
import { authTimeOf, confirmedAt, confirmedIdOf, userOf } from '../tokens/opening.ts';
import type { SubjectOf } from '../tokens/subject.ts';
import { AMR } from '../tokens/tokens.ts';

/** The `typ` of a receipt: no other kind of token has it, so none passes as a receipt and no receipt as another (RFC 8725 §3.11). */
export const RECEIPT_TYPE = 'scangate-receipt+jwt';

/** The scope by which an application is given one. */
export const RECEIPT_SCOPE = 'receipt';

/** How receipts are signed: by the keys that sign the record (RFC 8037). */
export const RECEIPT_ALG = 'EdDSA';

/**
 * What a receipt says: who approved which request. It has neither `sub` nor `aud` nor `exp`, which an ID token must have, and it
 * does not run out.
 */
export interface Receipt {
  readonly iss: string;
  /** When the user confirmed, in seconds since the epoch. */
  readonly iat: number;
  /** One confirmation has one receipt: the ticket, and the cursor of its `confirmed` event, as the record has them. */
  readonly jti: string;
  /** Who confirmed (RFC 9493 §3.2.3). */
  readonly sub_id: { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string };
  readonly client_id: string;
  readonly ticket_id: string;
  /** What was approved. */
  readonly scope: string;
  /** When the user signed in on the phone, in seconds since the epoch. */
  readonly auth_time: number;
  /** How the user was there (RFC 8176). */
  readonly amr: readonly string[];
  /** Whether the user typed the number that the browser showed, and it was right. */
  readonly number_matched: boolean;
  /** The browser was one of the phone itself. */
  readonly same_device?: true;
  /** The browser that asked. */
  readonly browser: { readonly ip: string; readonly agent: string };
}

/** Signs receipts. They follow from the confirmation and the secrets alone: none is stored, and each comes out the same again. */
export interface Receipts {
  /** The receipt of a confirmed ticket, a JWS in compact form; undefined where the key of the ticket has left the ring since. */
  of(view: TicketView): Promise<string | undefined>;
}

export interface ReceiptsOptions {
  /** The public address without a trailing slash. */
  readonly issuer: string;
  readonly ring: KeyRing;
  readonly subjectOf: SubjectOf;
}

export function receipts({ issuer, ring, subjectOf }: ReceiptsOptions): Receipts {
  return {
    async of(view) {
      const privateKey = recordKeyOf(ring, view.ticket.minted.key_id);
      if (privateKey === undefined) return undefined;
      const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(privateKey)));
      return await new SignJWT(claimsOf(view) satisfies Receipt as unknown as JWTPayload)
        .setProtectedHeader({ alg: RECEIPT_ALG, kid, typ: RECEIPT_TYPE })
        .sign(privateKey);
    },
  };

  function claimsOf(view: TicketView): Receipt {
    const { minted, scanned } = view.ticket;
    return {
      iss: issuer,
      iat: Math.floor(confirmedAt(view) / 1000),
      jti: `${view.ticketId}.${confirmedIdOf(view)}`,
      sub_id: { format: 'iss_sub', iss: issuer, sub: subjectOf(userOf(view)) },
      client_id: minted.client_id,
      ticket_id: view.ticketId,
      scope: minted.scope.join(' '),
      auth_time: authTimeOf(view),
      amr: AMR,
      number_matched: asksNumber(view.ticket),
      ...(scanned?.same_device === true ? { same_device: true } : {}),
      browser: { ip: minted.browser.ip, agent: minted.browser.agent },
    };
  }
}
