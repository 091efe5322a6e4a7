import type { MintProblem } from './mint.ts';
import type { Notice, TicketStatus } from './notice.ts';
import type { TransportName } from './transport.ts';

/** Whether the browser is asked who signs in: `accept()` or `cancel()` is awaited. */
export function isAsking({ status, notice }: SignInState): boolean {
  return status === 'confirmed' && !!notice?.ask;
}

/** Where a sign-in stands, for showing it. */
export interface SignInState {
  /** `starting` before there is a ticket; `failed` when the gateway will never give one. */
  readonly status: 'starting' | TicketStatus | 'failed';
  /** False while the gateway cannot be reached; the sign-in goes on by itself. */
  readonly online: boolean;
  /** How it waits at present. */
  readonly transport?: TransportName;
  /** The newest notice of the ticket. */
  readonly notice?: Notice;
  /** Where the QR code is drawn, and the secret that this needs when there is no cookie. */
  readonly qr?: { readonly url: string; readonly bearer?: string };
  /** Why it `failed`. */
  readonly problem?: MintProblem;
}
