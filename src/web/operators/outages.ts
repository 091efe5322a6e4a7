import { byId, element } from './element.ts';
import type { Ongoing } from './picture.ts';
import { durationText, wordsOf } from './text.ts';

/** What is away now, on top of the page; nothing where all is there. */
export function showOutages(outages: readonly Ongoing[]): void {
  const banner = byId('outages');
  banner.hidden = outages.length === 0;
  const rows = outages.map(({ outage, causes, for_ms }) =>
    element(
      'p',
      {},
      element('strong', {}, `Away: ${wordsOf(outage)}`),
      ` for ${durationText(for_ms)} (${causes.map(wordsOf).join(', ')})`,
    ),
  );
  banner.replaceChildren(...rows);
}
