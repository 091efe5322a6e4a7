import { askJson } from './asking.ts';
import { onEnded, offerEnding } from './ending.ts';
import { byId, element, write } from '../element.ts';
import { clockText, countText, dayText } from '../text.ts';

interface Session {
  readonly sid: string;
  readonly client_id: string;
  readonly opened_at: string;
  readonly last_seen_at: string;
  readonly browser: { readonly ip: string; readonly place?: string; readonly agent: string };
}

/** `<source>:<subject>`, whose sessions are shown; empty: nobody's. */
let shown = '';
/** Counts the questions: the answer to any but the last comes too late. */
let latest = 0;

/** Lets the form list a user's sessions, and the buttons end them. */
export function prepareSessions(): void {
  const form = byId('whose') as HTMLFormElement;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void list(field().value.trim());
  });
  byId('sessions-end').addEventListener('click', () => void offerEnding({ user: shown }));
  onEnded(() => {
    if (shown !== '') void list(shown);
  });
}

/** Shows where a user is signed in. @param user `<source>:<subject>` */
export function showSessions(user: string): void {
  field().value = user;
  byId('sessions-title').scrollIntoView({ block: 'start' });
  void list(user);
}

async function list(user: string): Promise<void> {
  latest += 1;
  const own = latest;
  write('sessions-said', 'Reading …');
  const answer = await askJson<{ readonly sessions: readonly Session[] }>('/v1/user-sessions', { user });
  if (own !== latest) return;
  const sessions = 'why' in answer ? [] : answer.said.sessions;
  shown = 'why' in answer ? '' : user;
  byId('sessions').replaceChildren(...sessions.map(rowOf));
  byId('sessions-place').hidden = sessions.length === 0;
  byId('sessions-end').hidden = shown === '';
  write('sessions-end', `End all of ${user}`);
  write('sessions-said', 'why' in answer ? answer.why : amountOf(sessions.length, user));
}

function amountOf(count: number, user: string): string {
  if (count === 0) return `${user} is signed in nowhere.`;
  return `${user} is signed in at ${countText(count)} place${count === 1 ? '' : 's'}.`;
}

function rowOf({
  sid,
  client_id: client,
  opened_at: opened,
  last_seen_at: seen,
  browser,
}: Session): HTMLElement {
  const end = element('button', { type: 'button', class: 'quiet small' }, 'End');
  end.setAttribute('aria-label', `End session ${sid}`);
  end.addEventListener('click', () => void offerEnding({ session: sid }));
  const from = [browser.ip, browser.place].filter((part) => part !== undefined).join(', ');
  return element(
    'tr',
    {},
    element('td', {}, client),
    element('td', { class: 'close' }, momentText(opened)),
    element('td', { class: 'close' }, momentText(seen)),
    element('td', {}, from),
    element('td', { class: 'agent' }, browser.agent),
    element('td', {}, end),
  );
}

function momentText(iso: string): string {
  const at = Date.parse(iso);
  return `${dayText(at)} ${clockText(at, true)}`;
}

function field(): HTMLInputElement {
  return byId('sessions-user') as HTMLInputElement;
}
