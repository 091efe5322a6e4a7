import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { browserCookie } from '../caller/browser-gate.ts';
import { setCookie } from '../caller/credentials.ts';

export interface TicketCookieParts {
  readonly secrets: TicketSecrets;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** How long an outcome can still be learnt, in milliseconds. */
  readonly historyMs: number;
}

/** The cookie that binds a ticket to the browser that minted it: one a ticket, sent to that ticket's addresses only. */
export function ticketCookie(
  { secrets, issuer, historyMs }: TicketCookieParts,
  { ticketId, ticket: { minted } }: TicketView,
): string {
  const { lives } = minted;
  const lifeMs = Math.max(lives.ticket_ms, lives.max_ms) + lives.code_ms + historyMs;
  return setCookie(browserCookie(ticketId), secrets.browserSecret(ticketId, minted.key_id, 'cookie'), {
    path: `/v1/tickets/${ticketId}`,
    secure: issuer.startsWith('https:'),
    sameSite: 'Strict',
    maxAge: Math.ceil(lifeMs / 1000),
  });
}
