import { byId, element } from './element.ts';

/** One fact: its name, what it is, and whether it is as it should be. */
export interface Fact {
  readonly name: string;
  readonly text: string;
  readonly tone?: 'bad' | 'good';
}

/** Shows facts in a `<dl>`; a sentence where there are none. */
export function showFacts(id: string, facts: readonly Fact[], none: string): void {
  const rows = facts.map(({ name, text, tone }) =>
    element(
      'div',
      {},
      element('dt', {}, name),
      element('dd', tone === undefined ? {} : { class: tone }, text),
    ),
  );
  const empty = element('div', {}, element('dt', {}, none), element('dd', {}, '0'));
  byId(id).replaceChildren(...(rows.length === 0 ? [empty] : rows));
}
