import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf, sessionViewOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Guard, TicketCommands } from '../../command/ticket-commands.ts';
import { momentOf } from '../../command/ticket-view.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { OpenedData } from '../../session/events.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Complete } from '../../ticket/complete.ts';
import type { Cursor } from '../../ticket/cursor.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import type { TokenAnswer, Tokens } from '../tokens/tokens.ts';
import type { UserSessions } from '../tokens/user-sessions.ts';

/** Whether a user may still sign in. It throws where that cannot be asked: doubt is never a yes. */
export type IsActive = (user: User) => Promise<boolean>;

/** What a redemption is made of. */
export interface RedemptionOptions {
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly ledger: Ledger;
  readonly secrets: TicketSecrets;
  readonly tokens: Tokens;
  readonly userSessions: UserSessions;
  readonly isActive: IsActive;
  /** How long a lost answer is given again, in milliseconds. */
  readonly replayWindowMs: number;
  /** The longest session, in milliseconds, where the client's policy is silent. */
  readonly sessionLifeMs: number;
}

/** What is redeemed, by whom. */
export interface RedemptionRequest {
  readonly ticketId: string;
  readonly client: Client;
  /** Throws where the request is not the one that the ticket was confirmed for. */
  readonly guard: Guard;
  /** The `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  /** What beside the key and the client makes two requests the same: the verifier, or the device code. */
  readonly proof: string;
  /** Whether a late second use ends what the first one opened. */
  readonly endsOnReuse: boolean;
}

/** Turns a confirmed ticket into tokens, once. */
export type Redeem = (request: RedemptionRequest) => Promise<TokenAnswer>;

/**
 * Redeems. The same request with the same `Idempotency-Key` within the window gets the same answer, and so does, once,
 * the same request without a key whose first answer was `not_replicated`; any other second use is `invalid_grant`, and
 * after the window it also ends what the first one opened (RFC 9700 §4.14.2).
 */
export function redemption(options: RedemptionOptions): Redeem {
  const { tickets, sessions, ledger, secrets, tokens, userSessions } = options;

  return async (request) => {
    const seen = await lookAt(request);
    const replay = replayOf(request, seen);
    const isRepeat = seen.ticket.status === 'redeemed';
    if (isRepeat && (await isOwed(request, seen))) return await settle(request, seen);
    if (isRepeat && (replay === undefined || replay !== seen.ticket.redeemed?.replay || isOld(seen)))
      throw await reused(request, seen);
    await checkUser(seen);
    await userSessions.add(userOf(seen), sidOf(seen), lifeOf(request.client));
    const { view, session } = await refusing(() =>
      tickets.redeem(request.ticketId, replay, request.guard, {
        sid: sidOf,
        open: (view) => opening(view, request.client),
      }),
    ).catch(async (error: unknown) => {
      await noteOwed(request, seen, error);
      throw error;
    });
    return await answer(sessionViewOf(session, view.now), request.client);
  };

  async function checkUser(seen: TicketView): Promise<void> {
    if (!(await options.isActive(userOf(seen))))
      throw new OAuthError('invalid_grant', 'The user may not sign in.');
  }

  async function answer(opened: SessionView, client: Client): Promise<TokenAnswer> {
    if (opened.session.status !== 'active') throw new OAuthError('invalid_grant', 'The session has ended.');
    const { id, key_id: keyId, scope } = openedOf(opened);
    return await tokens.answer(opened, client, { id, keyId }, scope);
  }

  // The event stands though too few replicas have it, and OAuth's clients send no key: that they were given nothing yet
  // is remembered for them. Where a failover loses that, the answer to the same request is `invalid_grant` again.
  async function noteOwed(request: RedemptionRequest, seen: TicketView, error: unknown): Promise<void> {
    if (!(error instanceof ScangateError && error.code === 'not_replicated')) return;
    if (request.idempotencyKey !== undefined) return;
    await ledger.putIfAbsent(owedName(request, seen), 'owed', options.replayWindowMs);
  }

  async function isOwed(request: RedemptionRequest, seen: TicketView): Promise<boolean> {
    if (request.idempotencyKey !== undefined || isOld(seen)) return false;
    return (await ledger.get(owedName(request, seen))) !== null;
  }

  async function settle(request: RedemptionRequest, seen: TicketView): Promise<TokenAnswer> {
    await checkUser(seen);
    const [opened] = await sessions.look([sidOf(seen)]);
    if (!opened) throw new OAuthError('invalid_grant', 'The session has ended.');
    const owed = await answer(opened, request.client);
    if (!(await ledger.delete(owedName(request, seen)))) throw await reused(request, seen);
    return owed;
  }

  function owedName({ ticketId, client, proof }: RedemptionRequest, seen: TicketView): string {
    const about = [ticketId, client.client_id, proof];
    return `owed:${secrets.fingerprint('owed', seen.ticket.minted.key_id, about)}`;
  }

  async function lookAt({ ticketId, guard }: RedemptionRequest): Promise<TicketView> {
    const seen = await refusing(() => tickets.look(ticketId, guard));
    const { status, confirmed } = seen.ticket;
    if (confirmed === undefined || (status !== 'confirmed' && status !== 'redeemed'))
      throw new OAuthError('invalid_grant', `The sign-in is ${status}.`);
    return seen;
  }

  async function reused({ endsOnReuse }: RedemptionRequest, seen: TicketView): Promise<OAuthError> {
    if (endsOnReuse && isOld(seen)) await sessions.revoke(sidOf(seen), 'reuse');
    return new OAuthError('invalid_grant', 'It was used before.');
  }

  function isOld({ head, ticket, now }: TicketView): boolean {
    const at = momentOf(head, ticket.redeemed?.id);
    return at === undefined || now - at > options.replayWindowMs;
  }

  function replayOf(
    { client, idempotencyKey, proof }: RedemptionRequest,
    seen: TicketView,
  ): string | undefined {
    return idempotencyKey === undefined
      ? undefined
      : secrets.fingerprint('redeem', seen.ticket.minted.key_id, [idempotencyKey, client.client_id, proof]);
  }

  function sidOf({ ticketId, ticket }: TicketView): string {
    return secrets.sid(ticketId, ticket.minted.key_id, confirmedId(ticket.confirmed));
  }

  function lifeOf(client: Client): number {
    return client.policy.session_life_ms ?? options.sessionLifeMs;
  }

  function opening(view: TicketView, client: Client): OpenedData {
    const { minted, confirmed } = view.ticket;
    const id = confirmedId(confirmed);
    const opened = {
      ticket_id: view.ticketId,
      confirmed_id: id,
      key_id: minted.key_id,
      client_id: minted.client_id,
      user: userOf(view),
      scope: minted.scope,
      ...(minted.nonce === undefined ? {} : { nonce: minted.nonce }),
      auth_time: Math.floor((momentOf(view.head, id) ?? view.now) / 1000),
      browser: minted.browser,
      life_ms: lifeOf(client),
    };
    return opened satisfies Complete<OpenedData, typeof opened>;
  }
}

/** What a ticket refuses becomes the one answer that OAuth has for it; a store that is away stays what it is. */
export async function refusing<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScangateError && REFUSALS.has(error.code))
      throw new OAuthError('invalid_grant', 'It is unknown, over, or was used before.');
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set<ScangateError['code']>([
  'not_found',
  'expired',
  'already_scanned',
  'already_confirmed',
  'already_denied',
  'already_cancelled',
  'already_redeemed',
]);

function userOf({ ticket }: TicketView): User {
  if (ticket.scanned === undefined) throw new Error('a confirmed ticket was scanned');
  return ticket.scanned.user;
}

function confirmedId(confirmed: { readonly id: Cursor } | undefined): Cursor {
  if (confirmed === undefined) throw new Error('only a confirmed ticket is redeemed');
  return confirmed.id;
}
