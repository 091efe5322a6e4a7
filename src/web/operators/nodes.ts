import { byId, element } from './element.ts';
import type { NodeWord } from './picture.ts';
import { countText, durationText } from './text.ts';

/** The nodes, the one that tells of them first. */
export function showNodes(nodes: readonly NodeWord[], now: number): void {
  const rows = nodes.map((node, index) => {
    const name = element('th', { scope: 'row' }, node.name);
    if (index === 0) name.append(' ', element('span', { class: 'scope' }, 'this one'));
    else if (!node.page) name.append(' ', element('span', { class: 'scope' }, 'no page'));
    const state = element('span', { class: `pill ${node.state}` }, node.state);
    return element(
      'tr',
      {},
      name,
      element('td', {}, state),
      element('td', { class: 'number' }, countText(node.waiting)),
      element('td', { class: 'number' }, countText(node.redeemed)),
      element('td', {}, durationText(Math.max(0, now - Date.parse(node.started_at)))),
      element('td', {}, node.version),
    );
  });
  byId('nodes').replaceChildren(...rows);
}
