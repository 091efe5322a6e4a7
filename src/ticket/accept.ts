import type { Ticket } from './ticket.ts';

/**
 * Whether the browser is asked before a confirmation counts, as the client's policy has it. In doubt is a sign-in that another
 * phone scanned too, or in a browser that was somebody else's before. A device is never asked: it has nothing to press. On the
 * same device there is no doubt: the result goes to no browser but the one that the confirmation comes back to.
 *
 * @param userKey the digest by which a known browser knows who confirms.
 */
export function asksBrowser({ minted, scanned, contested }: Ticket, userKey: string | undefined): boolean {
  const { accept = 'never', grant, known_browser: browser } = minted;
  if (accept === 'never' || grant === 'device_code' || scanned?.same_device === true) return false;
  const isTheirs = userKey !== undefined && browser?.users.includes(userKey) === true;
  const wasAnothers = !isTheirs && browser !== undefined && browser.users.length > 0;
  switch (accept) {
    case 'always':
      return true;
    case 'new_browser':
      return !isTheirs || contested === true;
    case 'doubt':
      return wasAnothers || contested === true;
  }
}
