import { byId, element, write } from './element.ts';
import type { NodeWord } from './picture.ts';
import { countText, durationText, tenthText } from './text.ts';

const STEPS = [
  ['minted', 'Code shown'],
  ['scanned', 'Scanned'],
  ['confirmed', 'Confirmed'],
  ['redeemed', 'Signed in'],
] as const;

type Step = (typeof STEPS)[number][0] | 'denied' | 'cancelled' | 'expired';

/** How far sign-ins came in the last hour, on all nodes of the picture together. */
export function showFunnel(nodes: readonly NodeWord[]): void {
  const sum = (step: Step): number => nodes.reduce((all, node) => all + node[step], 0);
  const all = sum('minted');
  const rows = STEPS.map(([step, name], index) => {
    const before = STEPS[index - 1];
    const count = sum(step);
    const lost = before === undefined ? 0 : sum(before[0]) - count;
    const bar = element('span', { class: 'bar' });
    const share = all === 0 ? 0 : Math.min(1, count / all);
    bar.style.width = `${(share * 100).toFixed(1)}%`;
    return element(
      'li',
      {},
      element('span', { class: 'step' }, name),
      element('span', { class: 'count' }, countText(count)),
      element('span', { class: 'track' }, bar),
      element('span', { class: 'share' }, index === 0 || all === 0 ? '' : `${tenthText(share * 100)} %`),
      element('span', { class: 'lost' }, lost > 0 ? `${countText(lost)} lost, or under way` : ''),
    );
  });
  byId('funnel').replaceChildren(...rows);
  const count = (step: Step): string => countText(sum(step));
  const span = durationText(Math.max(0, ...nodes.map(({ counted_ms }) => counted_ms)));
  write(
    'funnel-more',
    `In the last ${span} ${count('denied')} were denied on the phone, ${count('cancelled')} cancelled in the browser, and ${count('expired')} ran out.`,
  );
  write(
    'funnel-scope',
    nodes.length === 1 ? 'counted by this node' : `counted by the ${nodes.length} nodes that run now`,
  );
}
