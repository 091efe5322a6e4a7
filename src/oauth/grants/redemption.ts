import type { SessionCommands } from '../../command/session-commands.ts';
import { openedOf } from '../../command/session-view.ts';
import type { SessionView } from '../../command/session-view.ts';
import type { Guard, TicketAt, TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import type { Ledger } from '../../store/ledger.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { User } from '../../ticket/events.ts';
import type { Client } from '../clients/client.ts';
import { OAuthError } from '../error.ts';
import { suspect } from '../../telemetry/security-event.ts';
import type { BrowserSessions } from '../logout/browser-sessions.ts';
import { RECEIPT_SCOPE } from '../receipts/receipt.ts';
import type { Receipts } from '../receipts/receipt.ts';
import type { SubjectOf } from '../tokens/subject.ts';
import { generationOf } from '../tokens/tokens.ts';
import type { TokenAnswer, Tokens } from '../tokens/tokens.ts';
import type { UserSessions } from '../tokens/user-sessions.ts';
import { confirmedAt, openingOf, sidOf, userOf } from '../tokens/opening.ts';
import { owedAnswers } from './owed-answers.ts';

/** Whether a user may still sign in. It throws where that cannot be asked: doubt is never a yes. */
export type IsActive = (user: User) => Promise<boolean>;

export interface RedemptionOptions {
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly ledger: Ledger;
  readonly secrets: TicketSecrets;
  readonly userSessions: UserSessions;
  readonly browserSessions: BrowserSessions;
  readonly isActive: IsActive;
  readonly subjectOf: SubjectOf;
  /** How long a lost answer is given again, in milliseconds. */
  readonly replayWindowMs: number;
  /** The longest session, in milliseconds, where the client's policy is silent. */
  readonly sessionLifeMs: number;
}

/** What is redeemed, by whom. */
export interface RedemptionRequest {
  readonly at: TicketAt;
  readonly client: Client;
  /** Throws where the request is not the one that the ticket was confirmed for. */
  readonly guard: Guard;
  /** The `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  /** What beside the key and the client makes two requests the same: the verifier, or the device code. */
  readonly proof: string;
  /** The thumbprint of the key that the request proves, and that the tokens are bound to; undefined: they are bearers. */
  readonly jkt: string | undefined;
  /** Whether a late second use ends what the first one opened. */
  readonly endsOnReuse: boolean;
}

/** Makes of an opened session what is answered. */
export type MakeAnswer<A> = (opened: SessionView, redeemed: TicketView) => Promise<A>;

/** Turns a confirmed ticket into a session, once, and answers what `make` makes of it. */
export type Redeem = <A>(request: RedemptionRequest, make: MakeAnswer<A>) => Promise<A>;

/** Makes what a client is answered. */
export type AnswerTo = (client: Client) => MakeAnswer<TokenAnswer>;

/** Makes, for a client, all tokens that a session's scope brings, and the receipt of its confirmation. */
export function allTokens(tokens: Tokens, receipts: Receipts): AnswerTo {
  return (client) => async (opened, redeemed) => {
    const { scope } = openedOf(opened);
    const answer = await tokens.answer(opened, client, generationOf(opened), scope);
    const receipt = scope.includes(RECEIPT_SCOPE) ? await receipts.of(redeemed) : undefined;
    return receipt === undefined ? answer : { ...answer, receipt };
  };
}

/**
 * Whether a request proves the key that its ticket was minted for (RFC 9449 §10); a ticket that names none takes any, and none.
 */
export function provesKey({ ticket: { minted } }: TicketView, jkt: string | undefined): boolean {
  return minted.dpop_jkt === undefined || minted.dpop_jkt === jkt;
}

/**
 * Redeems. The same request with the same `Idempotency-Key` within the window gets the same answer, and so does, once,
 * the same request without a key whose first answer was `not_replicated`; any other second use is `invalid_grant`, and
 * after the window it also ends what the first one opened (RFC 9700 §4.14.2).
 */
export function redemption(options: RedemptionOptions): Redeem {
  const { tickets, sessions, secrets, userSessions } = options;
  const owed = owedAnswers(options.ledger, secrets, options.replayWindowMs);

  return async (request, make) => {
    const seen = await lookAt(request);
    const replay = replayOf(secrets, request, seen);
    const isRepeat = seen.ticket.status === 'redeemed';
    if (isRepeat && (await owed.isOwed(request, seen))) return await settle(request, seen, make);
    if (isRepeat && (replay === undefined || replay !== seen.ticket.redeemed?.replay || owed.isOld(seen)))
      throw await reused(request, seen);
    await checkUser(seen);
    const lifeMs = request.client.policy.session_life_ms ?? options.sessionLifeMs;
    await userSessions.add(userOf(seen), sidOf(secrets, seen), lifeMs);
    const browser = seen.ticket.minted.known_browser;
    if (browser !== undefined) await options.browserSessions.add(browser.key, sidOf(secrets, seen), lifeMs);
    // After the list has it: whoever signs out everywhere bars first and then ends what is listed.
    if (await userSessions.isBarred(userOf(seen), confirmedAt(seen)))
      throw new OAuthError('invalid_grant', 'The user has signed out since.');
    const { session, view } = await refusing(() =>
      tickets.redeem(seen, replay, request.guard, {
        sid: (view) => sidOf(secrets, view),
        open: (view) => openingOf(view, lifeMs, request.jkt),
      }),
    ).catch(async (error: unknown) => {
      if (isNotReplicated(error)) await owed.note(request, seen);
      throw error;
    });
    checkOpened(request, session);
    return await make(session, view);
  };

  async function lookAt({ at, guard }: RedemptionRequest): Promise<TicketView> {
    const seen = typeof at === 'string' ? await refusing(() => tickets.look(at, guard)) : at;
    const { status, confirmed } = seen.ticket;
    if (confirmed === undefined || (status !== 'confirmed' && status !== 'redeemed'))
      throw new OAuthError('invalid_grant', `The sign-in is ${status}.`);
    return seen;
  }

  async function settle<A>(request: RedemptionRequest, seen: TicketView, make: MakeAnswer<A>): Promise<A> {
    await checkUser(seen);
    const [opened] = await sessions.look([sidOf(secrets, seen)]);
    if (!opened) throw new OAuthError('invalid_grant', 'The session has ended.');
    checkOpened(request, opened);
    const settled = await make(opened, seen);
    if (!(await owed.take(request, seen))) throw await reused(request, seen);
    return settled;
  }

  async function reused({ client, endsOnReuse }: RedemptionRequest, seen: TicketView): Promise<OAuthError> {
    const sid = sidOf(secrets, seen);
    if (endsOnReuse && owed.isOld(seen)) await sessions.revoke(sid, 'reuse');
    return usedBefore(seen, client, sid);
  }

  async function checkUser(seen: TicketView): Promise<void> {
    const { expected_sub: expected } = seen.ticket.minted;
    if (expected !== undefined && expected !== options.subjectOf(userOf(seen)))
      throw new OAuthError('invalid_grant', 'It is another user than the one of the id_token_hint.');
    if (!(await options.isActive(userOf(seen))))
      throw new OAuthError('invalid_grant', 'The user may not sign in.');
  }
}

function checkOpened({ jkt }: RedemptionRequest, opened: SessionView): void {
  if (opened.session.status !== 'active') throw new OAuthError('invalid_grant', 'The session has ended.');
  if (openedOf(opened).dpop_jkt !== jkt)
    throw new OAuthError('invalid_grant', 'The tokens are bound to another key.');
}

function usedBefore(seen: TicketView, { client_id }: Client, sid: string): OAuthError {
  const about = { user: userOf(seen), client_id, ticket_id: seen.ticketId, sid };
  const error = new OAuthError('invalid_grant', 'It was used before.');
  return suspect(error, { kind: 'reuse', reason: 'code', ...about });
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

/** By what a repetition under the same `Idempotency-Key`, with the same key, is known; undefined without one. */
function replayOf(
  secrets: TicketSecrets,
  { client, idempotencyKey, proof, jkt }: RedemptionRequest,
  { ticket }: TicketView,
): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  const about = [idempotencyKey, client.client_id, proof, ...(jkt === undefined ? [] : [jkt])];
  return secrets.fingerprint('redeem', ticket.minted.key_id, about);
}

function isNotReplicated(error: unknown): boolean {
  return error instanceof ScangateError && error.code === 'not_replicated';
}
