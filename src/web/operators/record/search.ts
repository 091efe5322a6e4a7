import { askJson } from './asking.ts';
import { byId, element, write } from '../element.ts';
import { clockText, dayText, wordsOf } from '../text.ts';
import { showTicket } from './ticket-dialog.ts';

interface Entry {
  readonly at: string;
  readonly kind: string;
  readonly reason?: string;
  readonly ticket_id?: string;
  readonly client_id?: string;
  readonly user?: string;
  readonly source?: string;
  readonly address?: string;
  readonly place?: string;
  readonly erased?: boolean;
}

interface Page {
  readonly events: readonly Entry[];
  readonly next?: string;
}

/** The choice by which the fields of two times count. */
const BETWEEN = 'between';
const PAGE_SIZE = '25';
/** What the record says of itself: nobody who looks for sign-ins asks for it. */
const OF_THE_RECORD: readonly string[] = ['head', 'record_key'];

let asked: Readonly<Record<string, string>> = {};
let next: string | undefined;
/** Counts the searches: the answer to any but the last comes too late. */
let latest = 0;

/** Lets the form search. */
export function prepareSearch(): void {
  const form = byId('search') as HTMLFormElement;
  const since = byId('search-since') as HTMLSelectElement;
  since.addEventListener('change', () => {
    for (const place of form.querySelectorAll<HTMLElement>('.between'))
      place.hidden = since.value !== BETWEEN;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    asked = askedBy(new FormData(form));
    byId('found').replaceChildren();
    byId('found-more').hidden = true;
    void search();
  });
  byId('found-more').addEventListener('click', () => void search(next));
}

/** What the fields say; of times between two, each as an instant. */
function askedBy(fields: FormData): Readonly<Record<string, string>> {
  const given = new Map(
    [...fields].map(([name, value]) => [name, typeof value === 'string' ? value.trim() : ''] as const),
  );
  const isBetween = given.get('since') === BETWEEN;
  for (const name of ['from', 'until']) {
    const text = given.get(name) ?? '';
    given.delete(name);
    if (isBetween)
      given.set(name === 'from' ? 'since' : name, text === '' ? '' : new Date(text).toISOString());
  }
  return Object.fromEntries([...given].filter(([, value]) => value !== ''));
}

async function search(before?: string): Promise<void> {
  latest += 1;
  const own = latest;
  const button = byId('found-more') as HTMLButtonElement;
  button.disabled = true;
  write('found-said', 'Searching …');
  const more = before === undefined ? {} : { before };
  const answer = await askJson<Page>('/v1/audit', { ...asked, ...more, order: 'newest', limit: PAGE_SIZE });
  if (own !== latest) return;
  button.disabled = false;
  if ('why' in answer) {
    write('found-said', answer.why);
    return;
  }
  const isAll = Object.keys(asked).every((name) => ['since', 'until'].includes(name));
  const events = answer.said.events.filter(({ kind }) => !isAll || !OF_THE_RECORD.includes(kind));
  byId('found').append(...events.map(rowOf));
  next = answer.said.next;
  byId('found-more').hidden = next === undefined;
  const count = byId('found').childElementCount;
  byId('found-place').hidden = count === 0;
  const rest = next === undefined ? '' : ', and there may be older ones';
  write('found-said', count === 0 && next === undefined ? 'Nothing was found.' : `${count} found${rest}.`);
}

function rowOf(entry: Entry): HTMLElement {
  const { at, kind, reason, ticket_id: ticket, client_id: client = '' } = entry;
  const whose = userOf(entry);
  const person = entry.erased === true ? 'forgotten' : (whose ?? '');
  const look = element('button', { type: 'button', class: 'quiet small' }, 'History');
  if (ticket !== undefined) {
    look.setAttribute('aria-label', `History of ticket ${ticket}`);
    look.addEventListener('click', () => void showTicket(ticket, whose));
  }
  const from = [entry.address, entry.place].filter((part) => part !== undefined).join(', ');
  return element(
    'tr',
    {},
    element('td', { class: 'close' }, `${dayText(Date.parse(at))} ${clockText(Date.parse(at), true)}`),
    element('td', {}, wordsOf(kind), ...(reason === undefined ? [] : [` (${wordsOf(reason)})`])),
    element('td', {}, person),
    element('td', {}, client),
    element('td', {}, from),
    element('td', {}, ...(ticket === undefined ? [] : [look])),
  );
}

function userOf({ user, source }: Entry): string | undefined {
  return user === undefined || source === undefined ? undefined : `${source}:${user}`;
}
