import type { TicketCommands } from '../../command/ticket-commands.ts';
import { remainingMs } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { Checked, TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { asksNumber } from '../../ticket/ticket.ts';
import type { TicketStatus } from '../../ticket/ticket.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import { required } from '../parameter.ts';
import type { RunGrant } from './grant.ts';
import { checkResource } from './resource-check.ts';
import type { PollPace } from './poll-pace.ts';
import { provesKey, refusing } from './redemption.ts';
import type { AnswerTo, Redeem } from './redemption.ts';
import type { CheckIdempotency } from './token-idempotency.ts';

export interface DeviceGrantOptions {
  readonly tickets: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly pace: PollPace;
  readonly answerTo: AnswerTo;
  readonly checkIdempotency: CheckIdempotency;
  readonly redeem: Redeem;
}

const OVER: Partial<Record<TicketStatus, OAuthError['error']>> = {
  denied: 'access_denied',
  cancelled: 'access_denied',
  expired: 'expired_token',
};

/**
 * The device grant (RFC 8628 §3.4). Its code is the ticket's browser secret, so the device may as well watch. What has
 * been decided is answered at once; only one who asks while nothing has is told to slow down.
 */
export function deviceGrant(options: DeviceGrantOptions): RunGrant {
  const { tickets, secrets, pace, answerTo, checkIdempotency, redeem } = options;
  return async (client, request) => {
    const deviceCode = required(request, 'device_code');
    const checked = secrets.checkBrowserSecret(deviceCode, 'bearer');
    if (checked === undefined) throw unknown();
    await checkIdempotency(client, request);
    const guard = (view: TicketView): void => {
      if (!isRightUse(view, checked, client) || !provesKey(view, request.jkt)) throw unknown();
      checkResource(view.ticket.minted.resource, client, request);
    };
    const view = await refusing(() => tickets.look(checked.ticketId, guard));
    const over = OVER[view.ticket.status];
    if (over !== undefined) throw new OAuthError(over, `The sign-in is ${view.ticket.status}.`);
    if (view.ticket.status === 'pending' || view.ticket.status === 'scanned') throw await pending(view);
    const { idempotencyKey, jkt } = request;
    const asked = { at: view, client, guard, idempotencyKey, proof: deviceCode, jkt, endsOnReuse: false };
    return await redeem(asked, answerTo(client));
  };

  async function pending(view: TicketView): Promise<OAuthError> {
    const lifeMs = remainingMs(view) + view.ticket.minted.lives.max_ms;
    const number = numberOf(view);
    return (await pace.isTooFast(view.ticketId, view.now, lifeMs))
      ? new OAuthError('slow_down', 'Wait 5 seconds longer between polls.', undefined, number)
      : new OAuthError('authorization_pending', 'The user has not decided yet.', undefined, number);
  }

  function numberOf({ ticketId, ticket }: TicketView): { readonly number?: string } {
    const { minted, scanned } = ticket;
    if (!asksNumber(ticket) || scanned === undefined) return {};
    return { number: secrets.number(ticketId, minted.key_id, scanned.id) };
  }
}

function isRightUse({ ticket: { minted } }: TicketView, checked: Checked, client: Client): boolean {
  return (
    minted.grant === 'device_code' &&
    minted.binding === 'bearer' &&
    minted.key_id === checked.keyId &&
    minted.client_id === client.client_id
  );
}

function unknown(): OAuthError {
  return new OAuthError('invalid_grant', 'The device code is unknown or not meant for this client.');
}
