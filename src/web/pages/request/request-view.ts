import type { Countdown } from '../../client/countdown.ts';
import { clockText } from '../../client/clock-text.ts';
import { ageOf } from './age.ts';
import { browserName } from './browser-name.ts';
import { releasedNames } from './release.ts';
import { showRisk } from './risk-view.ts';
import type { ScanAnswer } from './scan-answer.ts';
import type { Sections } from '../section.ts';

/** Shows who asks to sign in, and from where. @param nowMs the gateway's time. */
export function showRequest(sections: Sections, answer: ScanAnswer, nowMs: number): void {
  const browser = answer.browser ?? {};
  showLogo(sections, answer.client.logo);
  wear(answer.client.colors);
  sections.fill('client-name', answer.client.name);
  sections.fill('client-domain', answer.client.domain ?? '');
  sections.toggle('website', !!answer.client.domain);
  sections.toggle('app', !answer.client.domain);
  sections.toggle('verified', answer.client.verified === true);
  sections.toggle('unverified', answer.client.verified !== true);
  sections.fill('place', browser.place ?? '');
  sections.toggle('place', !!browser.place);
  sections.fill('ip', browser.ip || '–');
  sections.toggle('same-network', browser.same_network === true);
  sections.toggle('other-network', browser.same_network === false);
  sections.fill('agent', browserName(browser.agent ?? '–'));
  sections.fill('user-code', answer.user_code ?? '');
  sections.toggle('user-code', !!answer.user_code);
  sections.toggle('number', answer.number_match === true);
  sections.toggle('number-wrong', false);
  showAge(sections, browser.first_seen, nowMs);
  showRelease(sections, answer.release);
  showRisk(sections, answer.risk);
}

/** Shows the time that is left. */
export function showLeft(sections: Sections, countdown: Countdown): void {
  sections.fill('left', clockText(countdown.leftMs()));
}

/** Asks for the number. @param isWrong says that it was not the one that the browser shows. */
export function showNumber(sections: Sections, isWrong: boolean): true {
  sections.toggle('number', true);
  sections.toggle('number-wrong', isWrong);
  const input = document.getElementById('number');
  input?.setAttribute('aria-invalid', String(isWrong));
  input?.focus();
  return true;
}

function showLogo(sections: Sections, address: string | undefined): void {
  const image = document.getElementById('logo') as HTMLImageElement | null;
  sections.toggle('logo', false);
  if (!image || !address) return;
  image.onload = () => sections.toggle('logo', true);
  image.src = address;
}

/** Gives the page the colours of who asks. */
function wear(styleSheet: string | undefined): void {
  if (!styleSheet || document.getElementById('colors')) return;
  const link = document.createElement('link');
  link.id = 'colors';
  link.rel = 'stylesheet';
  link.href = styleSheet;
  document.head.appendChild(link);
}

function showRelease(sections: Sections, release: ScanAnswer['release']): void {
  const list = sections.part('release');
  sections.toggle('release', !!release);
  if (!list || !release) return;
  list.textContent = '';
  releasedNames(release).forEach((name) => {
    const item = document.createElement('li');
    const words = list.getAttribute('data-word-' + name.replace(/_/g, '-'));
    // A claim of the operator's own has no words; its name turns no sentence around it.
    item.appendChild(document.createElement('bdi')).textContent = words ?? name;
    list.appendChild(item);
  });
}

function showAge(sections: Sections, seen: string | number | undefined, nowMs: number): void {
  const seenMs = typeof seen === 'number' ? seen : Date.parse(seen ?? '');
  const element = sections.part('age');
  sections.toggle('age', !isNaN(seenMs));
  if (isNaN(seenMs) || !element) return;
  const age = ageOf(seenMs, nowMs);
  sections.fill('age', (element.getAttribute('data-' + age.unit) ?? '').replace('%s', String(age.count)));
}
