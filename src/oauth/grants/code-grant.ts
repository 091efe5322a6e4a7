import type { TicketView } from '../../command/ticket-view.ts';
import type { Checked, TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { MintedData } from '../../ticket/events.ts';
import { stillHasRedirect } from '../clients/client.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import type { ProvenTokenRequest, RunGrant } from './grant.ts';
import { checkResource } from './resource-check.ts';
import { required } from '../parameter.ts';
import { provesPossession } from '../authorization/pkce.ts';
import { provesKey } from './redemption.ts';
import type { AnswerTo, Redeem } from './redemption.ts';
import type { CheckIdempotency } from './token-idempotency.ts';

/**
 * `authorization_code` (RFC 6749 §4.1.3) with PKCE (RFC 7636). Whatever is wrong with a code has one answer,
 * `invalid_grant`, and a forged one is refused before the store is asked.
 */
export function codeGrant(
  secrets: TicketSecrets,
  answerTo: AnswerTo,
  checkIdempotency: CheckIdempotency,
  redeem: Redeem,
): RunGrant {
  return async (client, request) => {
    const code = secrets.checkCode(required(request, 'code'));
    if (code === undefined) throw refused();
    await checkIdempotency(client, request);
    const asked = {
      at: code.ticketId,
      client,
      guard: (view: TicketView) => {
        if (!isRightUse(view, code, client, request)) throw refused();
        checkResource(view.ticket.minted.resource, client, request);
      },
      idempotencyKey: request.idempotencyKey,
      proof: request.form['code_verifier'] ?? '',
      jkt: request.jkt,
      endsOnReuse: true,
    };
    return await redeem(asked, answerTo(client));
  };
}

function isRightUse(
  view: TicketView,
  code: Checked,
  client: Client,
  { form, jkt }: ProvenTokenRequest,
): boolean {
  const { minted, confirmed } = view.ticket;
  return (
    minted.grant === 'authorization_code' &&
    minted.form_post !== 'id_token' &&
    minted.key_id === code.keyId &&
    confirmed?.id === code.data &&
    minted.client_id === client.client_id &&
    (minted.redirect_uri === undefined || minted.redirect_uri === form['redirect_uri']) &&
    isStillRegistered(client, minted) &&
    provesPossession(minted.code_challenge, form['code_verifier']) &&
    provesKey(view, jkt)
  );
}

// The registration may have changed since the ticket was minted.
function isStillRegistered(
  client: Client,
  { redirect_uri: address, code_challenge: challenge }: MintedData,
): boolean {
  return address === undefined || stillHasRedirect(client, address, challenge);
}

function refused(): OAuthError {
  return new OAuthError('invalid_grant', 'The code is unknown, over, or not meant for this request.');
}
