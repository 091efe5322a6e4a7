import { byId, element } from './element.ts';
import type { Bulletin } from './picture.ts';
import { clockText } from './text.ts';

/** Rows that are shown; older ones stand in the log. */
const SHOWN_MAX = 100;

/** Puts what happened on top of what happened before. */
export function addBulletins(bulletins: readonly Bulletin[]): void {
  const list = byId('bulletins');
  for (const { at, tone, title, detail } of bulletins) {
    const row = element(
      'li',
      { class: tone },
      element('time', { datetime: new Date(at).toISOString() }, clockText(at, true)),
      element('span', { class: 'title' }, title),
      ...(detail === undefined ? [] : [element('span', { class: 'muted' }, detail)]),
    );
    list.prepend(row);
  }
  while (list.children.length > SHOWN_MAX) list.lastElementChild?.remove();
}

/** Begins anew. */
export function clearBulletins(): void {
  byId('bulletins').replaceChildren();
}
