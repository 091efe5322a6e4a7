import { must, mustBe } from './verdict.ts';

/** The states of a ticket. */
export const STATES = [
  'pending',
  'scanned',
  'confirmed',
  'redeemed',
  'denied',
  'cancelled',
  'expired',
] as const;
export type State = (typeof STATES)[number];

/** What a browser may know about a ticket now. */
export interface Notice {
  readonly ticket_id: string;
  readonly status: State;
  readonly cursor: string;
  readonly expires_in_ms: number;
  readonly reset: boolean;
  readonly scan?: { readonly url: string; readonly rotates_in_ms: number };
  readonly number?: string;
  readonly result?: { readonly code?: string; readonly error?: string };
  readonly advice: { readonly retry_after_ms: number; readonly final: boolean };
}

/** Whether a watch ends with this state. */
export function endsWatch(state: State): boolean {
  return state !== 'pending' && state !== 'scanned';
}

/** The version that a cursor names. */
export function versionOf(cursor: string): number {
  return Number(cursor.split('-')[0]);
}

/** Holds what came against the shape of a notice of this ticket. @throws NotSo */
export function mustIdentify(notice: Notice, ticketId: string, state: State): void {
  mustBe('ticket_id', notice.ticket_id, ticketId);
  mustBe('status', notice.status, state);
  must(
    /^[0-9]+-[0-9]+$/.test(notice.cursor) && notice.cursor.length <= 40,
    `${notice.cursor} is not a cursor`,
  );
  mustBe('reset', notice.reset, false);
  must(
    typeof notice.expires_in_ms === 'number' && notice.expires_in_ms >= 0,
    'expires_in_ms is not a time left',
  );
  must(typeof notice.advice?.retry_after_ms === 'number', 'advice.retry_after_ms is missing');
  mustBe('advice.final', notice.advice.final, endsWatch(state));
  mustBe('whether there is a scan code', notice.scan !== undefined, state === 'pending');
  mustBe('whether there is a code', notice.result?.code !== undefined, state === 'confirmed');
  const isRefused = state === 'denied' || state === 'cancelled' || state === 'expired';
  mustBe('the error of the result', notice.result?.error, isRefused ? 'access_denied' : undefined);
}
