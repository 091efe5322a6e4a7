import { z } from 'zod';
import type { Guard, TicketCommands } from '../../command/ticket-commands.ts';
import { SECRET_LENGTH_MAX } from '../../secrets/ticket-secrets.ts';
import type { Checked, TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { TicketCommand } from '../../ticket/commands.ts';
import { sameUser } from '../../ticket/decide.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Answer } from '../answer/answer.ts';
import type { Idempotency } from '../tickets/idempotency.ts';
import type { NumberMatch } from '../tickets/number-match.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { idempotencyHeaders, ticketParams, ticketStatus } from '../request/schemas.ts';

/** What confirming and denying are made of. */
export interface DecisionRoutesOptions {
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly caller: PhoneCaller;
  readonly idempotency: Idempotency;
  readonly numberMatch: NumberMatch;
}

const handshake = z.string().min(1).max(SECRET_LENGTH_MAX);
const confirmBody = z.object({ handshake, number: z.string().max(8).optional() });
const denyBody = z.object({
  handshake,
  report: z.boolean().optional().meta({ description: 'The user says: this was not me.' }),
});
const decided = z.object({ status: ticketStatus }).meta({ id: 'Decided' });
const answers = { 200: { description: 'Decided, now or before by this same phone.', schema: decided } };

const refusals = [
  'phone_unknown',
  'not_found',
  'already_confirmed',
  'already_denied',
  'already_cancelled',
  'already_redeemed',
  'expired',
  'idempotency_mismatch',
  'store_unavailable',
  'not_replicated',
  'newer_schema',
] as const;

/** `POST /v1/tickets/{id}/confirm` and `/deny`. */
export function decisionRoutes(options: DecisionRoutesOptions): readonly Route[] {
  const { commands, secrets, caller } = options;

  /** What a handshake proves without the store. @throws ScangateError `not_found`. */
  function checked(ticketId: string, text: string): Checked {
    const found = secrets.checkHandshake(text);
    if (found?.ticketId !== ticketId) throw new ScangateError('not_found');
    return found;
  }

  async function decide(asked: {
    readonly ticketId: string;
    readonly handshake: string;
    readonly number?: string | undefined;
    readonly user: User;
    readonly command: TicketCommand & { readonly type: 'confirm' | 'deny' };
    readonly key: string | undefined;
    readonly body: unknown;
  }): Promise<Answer> {
    const { ticketId, user, command } = asked;
    const { keyId, data: scannedId } = checked(ticketId, asked.handshake);
    const guard: Guard = ({ ticket: { minted, scanned } }) => {
      const mine = minted.key_id === keyId && scanned?.id === scannedId && sameUser(scanned.user, user);
      if (!mine) throw new ScangateError('not_found');
    };
    const scope = { key: asked.key, route: command.type, caller: user, ticketId, keyId, body: asked.body };
    return await options.idempotency.run(scope, async () => {
      const view =
        command.type === 'confirm'
          ? await options.numberMatch.through(asked.number, guard, (guarded) =>
              commands.run(ticketId, command, guarded),
            )
          : await commands.run(ticketId, command, guard);
      return { status: 200, body: { status: view.ticket.status } };
    });
  }

  return [
    route({
      method: 'post',
      path: '/v1/tickets/:id/confirm',
      limit: 'scans',
      operation: {
        id: 'confirm',
        summary: 'Confirm a sign-in',
        tags: ['phone'],
        security: ['phoneBearer', 'phonePage'],
        params: ticketParams,
        headers: idempotencyHeaders,
        body: { type: 'json', schema: confirmBody },
        answers,
        refusals,
      },
      handle: async (request) => {
        const user = await caller.user(request);
        return await decide({
          ticketId: request.params.id,
          handshake: request.body.handshake,
          number: request.body.number,
          user,
          command: { type: 'confirm', user },
          key: request.headers['idempotency-key'],
          body: request.body,
        });
      },
    }),

    route({
      method: 'post',
      path: '/v1/tickets/:id/deny',
      limit: 'scans',
      operation: {
        id: 'deny',
        summary: 'Deny a sign-in',
        tags: ['phone'],
        security: ['phoneBearer', 'phonePage'],
        params: ticketParams,
        headers: idempotencyHeaders,
        body: { type: 'json', schema: denyBody },
        answers,
        refusals,
      },
      handle: async (request) => {
        const user = await caller.user(request);
        return await decide({
          ticketId: request.params.id,
          handshake: request.body.handshake,
          user,
          command: { type: 'deny', user, report: request.body.report ?? false },
          key: request.headers['idempotency-key'],
          body: request.body,
        });
      },
    }),
  ];
}
