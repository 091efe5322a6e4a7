import type { Sections } from '../section.ts';
import type { ScanAnswer } from './scan-answer.ts';

/** What says less than another reason that stands beside it. */
const SAID_BY: Readonly<Record<string, readonly string[]>> = {
  other_network: ['other_country', 'device_elsewhere'],
  device_elsewhere: ['other_country'],
};

/** The reasons that are said to a person: of two that say the same, the plainer one. */
export function saidReasons(reasons: readonly string[]): readonly string[] {
  return reasons.filter((reason) => !(SAID_BY[reason] ?? []).some((other) => reasons.indexOf(other) >= 0));
}

/**
 * Shows what of the request may not be the user's own doing. Another network alone is said beside the address already. A
 * reason that this page has no words for is left out.
 */
export function showRisk(sections: Sections, risk: ScanAnswer['risk']): void {
  const reasons = saidReasons(risk?.reasons ?? []);
  const shown = risk?.outcome === 'allow' ? reasons.filter((reason) => reason !== 'other_network') : reasons;
  const words = shown.map((reason) => wordsOf(sections, reason)).filter((text) => text !== '');
  sections.toggle('risk', words.length > 0);
  fill(sections.part('risk'), words);
  fill(sections.part('refused'), words);
}

function wordsOf(sections: Sections, reason: string): string {
  return sections.part('risk')?.getAttribute('data-word-' + reason.replace(/_/g, '-')) ?? '';
}

function fill(list: HTMLElement | null, words: readonly string[]): void {
  if (!list) return;
  list.textContent = '';
  words.forEach((text) => {
    list.appendChild(document.createElement('li')).textContent = text;
  });
}
