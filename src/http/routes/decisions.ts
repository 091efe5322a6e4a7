import { z } from 'zod';
import type { Guard, TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { SECRET_LENGTH_MAX } from '../../secrets/ticket-secrets.ts';
import type { Checked, TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { RECEIPT_SCOPE } from '../../oauth/receipts/receipt.ts';
import type { Receipts } from '../../oauth/receipts/receipt.ts';
import type { TicketCommand } from '../../ticket/commands.ts';
import { suspect } from '../../telemetry/security-event.ts';
import type { ReportSecurity } from '../../telemetry/security-event.ts';
import { sameUser } from '../../ticket/decide.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import { isAsking } from '../../ticket/ticket.ts';
import type { Answer } from '../answer/answer.ts';
import type { PhoneCaller } from '../caller/phone-caller.ts';
import { route } from '../request/route.ts';
import type { Route, RouteRequest } from '../request/route.ts';
import { idempotencyHeaders, ticketParams, ticketStatus } from '../request/schemas.ts';
import { freshSignInGuard } from '../tickets/fresh-sign-in.ts';
import type { Idempotency } from '../tickets/idempotency.ts';
import { userKeyOf } from '../tickets/known-browsers.ts';
import type { KnownBrowsers } from '../tickets/known-browsers.ts';
import { NumbersUsedUp, numberRefused } from '../tickets/number-match.ts';
import type { NumberMatch } from '../tickets/number-match.ts';

export interface DecisionRouteParts {
  readonly commands: TicketCommands;
  readonly secrets: TicketSecrets;
  readonly caller: PhoneCaller;
  readonly idempotency: Idempotency;
  readonly numberMatch: NumberMatch;
  readonly knownBrowsers: KnownBrowsers;
  readonly report: ReportSecurity;
  readonly oauth: { readonly receipts: Receipts };
  /** The public address without a trailing slash. */
  readonly issuer: string;
}

const handshake = z.string().min(1).max(SECRET_LENGTH_MAX);
const confirmBody = z.object({
  handshake,
  number: z.string().max(32).optional(),
  receipt: z
    .boolean()
    .optional()
    .meta({ description: 'Answer with a receipt, or with none; absent: where the application gets one.' }),
});
const denyBody = z.object({
  handshake,
  report: z.boolean().optional().meta({ description: 'The user says: this was not me.' }),
});
const decided = z
  .object({
    status: ticketStatus,
    return_url: z.url().optional().meta({
      description: 'On the same device: where its browser goes on. Open it once, and keep it nowhere.',
    }),
  })
  .meta({ id: 'Decided' });
const confirmed = decided
  .extend({
    receipt: z
      .string()
      .optional()
      .meta({
        description:
          'Where it is asked for, or the application is given one: a JWS of the type `scangate-receipt+jwt`, checked by the keys of ' +
          '`/.well-known/scangate-record-keys`. It is the same one that the application gets.',
      }),
  })
  .meta({ id: 'Confirmed' });

const operation = {
  tags: ['phone'],
  security: ['phoneBearer', 'phonePage'],
  params: ticketParams,
  headers: idempotencyHeaders,
  answers: { 200: { description: 'Decided, now or before by this same phone.', schema: decided } },
  refusals: [
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
  ],
} as const;

/** `POST /v1/tickets/{id}/confirm`. */
export function confirmRoute(parts: DecisionRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/tickets/:id/confirm',
    limit: 'decisions',
    limitsUser: true,
    crossOrigin: true,
    operation: {
      ...operation,
      id: 'confirm',
      summary: 'Confirm a sign-in',
      description:
        '`insufficient_user_authentication` where the application asks for a fresher sign-in on the phone: sign the user ' +
        'in anew, and confirm again.',
      refusals: [...operation.refusals, 'insufficient_user_authentication'],
      body: { type: 'json', schema: confirmBody },
      answers: {
        200: { description: 'Confirmed, now or before by this same phone.', schema: confirmed },
      },
    },
    handle: async (request) => {
      const user = await parts.caller.user(request);
      const authTime = await parts.caller.authTime(request);
      const { number } = request.body;
      return await decide(
        parts,
        request,
        user,
        {
          type: 'confirm',
          user,
          userKey: userKeyOf(user),
          ...(authTime === undefined ? {} : { auth_time: authTime }),
        },
        async (ticketId, command, guard) => {
          try {
            const fresh = freshSignInGuard(authTime, guard);
            const view = await parts.commands.run(ticketId, command, parts.numberMatch.guard(number, fresh));
            // On the same device it is not known yet which browser gets it.
            await parts.knownBrowsers.noteWaiting(view.ticket);
            return view;
          } catch (error) {
            if (!(error instanceof NumbersUsedUp)) throw error;
            const denial = { type: 'deny', user, report: false, reason: 'number' } as const;
            const { ticket } = await parts.commands.run(ticketId, denial, guard);
            throw suspect(numberRefused(ticket.status), {
              kind: 'brute_force',
              reason: 'number',
              user,
              client_id: ticket.minted.client_id,
              ticket_id: ticketId,
            });
          }
        },
      );
    },
  });
}

/** `POST /v1/tickets/{id}/deny`. */
export function denyRoute(parts: DecisionRouteParts): Route {
  return route({
    method: 'post',
    path: '/v1/tickets/:id/deny',
    limit: 'decisions',
    limitsUser: true,
    crossOrigin: true,
    operation: {
      ...operation,
      id: 'deny',
      summary: 'Deny a sign-in',
      body: { type: 'json', schema: denyBody },
    },
    handle: async (request) => {
      const user = await parts.caller.user(request);
      const command = { type: 'deny', user, report: request.body.report ?? false } as const;
      return await decide(parts, request, user, command, async (ticketId, denial, guard) => {
        const view = await parts.commands.run(ticketId, denial, guard);
        if (command.report && view.decided) reportDenied(parts, view, user);
        return view;
      });
    },
  });
}

type Decision = TicketCommand & { readonly type: 'confirm' | 'deny' };

type DecisionRequest = RouteRequest<
  z.output<typeof ticketParams>,
  unknown,
  z.output<typeof idempotencyHeaders>,
  { readonly handshake: string; readonly receipt?: boolean | undefined }
>;

/** Runs a decision for the phone that the handshake was handed to, once for each `Idempotency-Key`. */
async function decide(
  parts: DecisionRouteParts,
  { params: { id: ticketId }, headers, body }: DecisionRequest,
  user: User,
  command: Decision,
  run: (ticketId: string, command: Decision, guard: Guard) => Promise<TicketView>,
): Promise<Answer> {
  const { secrets, idempotency } = parts;
  const proof = checkedHandshake(secrets, ticketId, body.handshake);
  const scope = {
    key: headers['idempotency-key'],
    operation: command.type,
    caller: user,
    ticketId,
    keyId: proof.keyId,
    body,
  };
  return await idempotency.run(scope, async () => {
    const view = await run(ticketId, command, scannedBy(user, proof));
    const receipt = await receiptOf(parts, view, body.receipt);
    return { status: 200, body: { status: view.ticket.status, ...returnOf(parts, view), ...receipt } };
  });
}

/**
 * The receipt of a confirmation, for a phone that asks for it, or whose application gets it too; none while the browser is
 * still asked whether it is to be let in.
 */
async function receiptOf(
  { oauth }: DecisionRouteParts,
  view: TicketView,
  isAsked = view.ticket.minted.scope.includes(RECEIPT_SCOPE),
): Promise<{ readonly receipt?: string }> {
  if (view.ticket.confirmed === undefined || !isAsked || isAsking(view.ticket)) return {};
  const receipt = await oauth.receipts.of(view);
  return receipt === undefined ? {} : { receipt };
}

/** The address is the browser's: whoever asked there is whom the user does not know. */
function reportDenied({ report }: DecisionRouteParts, { ticketId, ticket }: TicketView, user: User): void {
  const { client_id, browser } = ticket.minted;
  const about = { user, client_id, ticket_id: ticketId, address: browser.ip };
  report({ kind: 'report', reason: 'not_mine', ...about });
}

/** Where the browser on the same device goes on. What it must show there stands behind `#`, which no server is sent. */
function returnOf(
  { secrets, issuer }: DecisionRouteParts,
  { ticketId, ticket: { status, minted, scanned, confirmed } }: TicketView,
): { readonly return_url?: string } {
  if (scanned?.same_device !== true) return {};
  const address = `${issuer}/v1/tickets/${ticketId}`;
  if (status === 'denied') return { return_url: `${address}/page` };
  if (status !== 'confirmed' || confirmed === undefined) return {};
  return { return_url: `${address}/return#${secrets.returnSecret(ticketId, minted.key_id, confirmed.id)}` };
}

/** What a handshake proves without the store. @throws ScangateError `not_found`. */
function checkedHandshake(secrets: TicketSecrets, ticketId: string, text: string): Checked {
  const found = secrets.checkHandshake(text);
  if (found?.ticketId !== ticketId) throw new ScangateError('not_found');
  return found;
}

function scannedBy(user: User, { keyId, data: scannedId }: Checked): Guard {
  return ({ ticket: { minted, scanned } }) => {
    const mine = minted.key_id === keyId && scanned?.id === scannedId && sameUser(scanned.user, user);
    if (!mine) throw new ScangateError('not_found');
  };
}
