import type { Ticket } from './ticket.ts';

/**
 * Whether the browser is asked before a confirmation counts, as the client's policy has it. In doubt is a sign-in that another
 * phone scanned too, or in a browser that was somebody else's before. A device is never asked: it has nothing to press.
 *
 * @param userKey the digest by which a known browser knows who confirms.
 */
export function asksBrowser({ minted, contested }: Ticket, userKey: string | undefined): boolean {
  const { accept = 'never', grant, known_browser: browser } = minted;
  if (accept === 'never' || grant === 'device_code') return false;
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
