import { z } from 'zod';

/** The shape of {@link watchLinks}. */
export const watchLinksShape = z.object({ self: z.url(), events: z.url(), poll: z.url(), socket: z.url() });

/** Where a ticket is watched. @param issuer the public address without a trailing slash. */
export function watchLinks(issuer: string, ticketId: string): z.output<typeof watchLinksShape> {
  const self = `${issuer}/v1/tickets/${ticketId}`;
  return {
    self,
    events: `${self}/events`,
    poll: `${self}/poll`,
    socket: `${self.replace(/^http/, 'ws')}/socket`,
  };
}
