import { askJson } from './asking.ts';
import { byId, element, write } from '../element.ts';
import { offerEnding } from './ending.ts';
import { showSessions } from './sessions.ts';
import { clockText, dayText } from '../text.ts';

interface Timeline {
  readonly ticket_id: string;
  readonly events: readonly { readonly at: string; readonly type: string; readonly details: string }[];
}

let ticket = '';
let user: string | undefined;

/** Lets the buttons of the dialog do what they say. */
export function prepareTicket(): void {
  byId('ticket-close').addEventListener('click', () => dialog().close());
  byId('end-ticket').addEventListener('click', () => void offerEnding({ ticket }));
  byId('end-user').addEventListener('click', () => {
    if (user !== undefined) void offerEnding({ user });
  });
  byId('user-sessions').addEventListener('click', () => {
    dialog().close();
    if (user !== undefined) showSessions(user);
  });
}

/** Shows a ticket's whole history, and what can be ended. @param whose `<source>:<subject>`, where that is known. */
export async function showTicket(ticketId: string, whose: string | undefined): Promise<void> {
  ticket = ticketId;
  user = whose;
  write('ticket-title', `Ticket ${ticketId}`);
  write('ticket-said', 'Reading …');
  write('end-user', `End all of ${whose ?? 'this user'}`);
  write('user-sessions', `Sessions of ${whose ?? 'this user'}`);
  for (const id of ['end-user', 'user-sessions']) byId(id).hidden = whose === undefined;
  byId('timeline').replaceChildren();
  dialog().showModal();
  const asked = await askJson<Timeline>('/v1/timeline', { ticket_id: ticketId });
  if (ticket !== ticketId) return;
  write('ticket-said', 'why' in asked ? `${asked.why}.` : '');
  if ('why' in asked) return;
  byId('timeline').replaceChildren(
    ...asked.said.events.map(({ at, type, details }) =>
      element(
        'li',
        {},
        element('time', { datetime: at }, `${dayText(Date.parse(at))} ${clockText(Date.parse(at), true)}`),
        element('span', { class: 'title' }, type),
        element('span', { class: 'muted' }, details),
      ),
    ),
  );
}

function dialog(): HTMLDialogElement {
  return byId('ticket') as HTMLDialogElement;
}
