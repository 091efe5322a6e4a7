import type { TicketView } from '../../command/ticket-view.ts';
import type { TicketSecrets } from '../../secrets/ticket-secrets.ts';
import { ScangateError } from '../../ticket/error.ts';

/** The cookie by which a browser that brought a return secret is let to the page that sends the answer by form. */
export function returnCookie(ticketId: string): string {
  return `scangate_return_${ticketId}`;
}

/**
 * Holds a return secret against a ticket that was confirmed on the same device. Only the phone that confirmed was given it.
 *
 * @throws ScangateError `not_found` where it is missing, forged, or of another ticket or confirmation.
 */
export function checkReturn(
  secrets: TicketSecrets,
  { ticketId, ticket: { minted, scanned, confirmed } }: TicketView,
  secret: string | undefined,
): void {
  const checked = secret === undefined ? undefined : secrets.checkReturnSecret(secret);
  const fits =
    checked?.ticketId === ticketId &&
    checked.keyId === minted.key_id &&
    scanned?.same_device === true &&
    checked.data === confirmed?.id;
  if (!fits) throw new ScangateError('not_found');
}
