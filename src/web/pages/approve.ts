/* The approval page: scans only after a tap, shows who asks, and sends the decision. */
import { browserPlatform } from '../client/browser-platform.ts';
import type { HttpResponse, Platform } from '../client/platform.ts';
import { armed } from './approval/armed.ts';
import { gateway } from './command.ts';
import { parseJson } from '../client/notice.ts';
import { makeCountdown } from '../client/countdown.ts';
import { cameBack, keepOutcome, keptOutcome, type Outcome } from './approval/outcome.ts';
import { showLeft, showNumber, showRequest } from './request/request-view.ts';
import { parseScanAnswer, type ScanAnswer } from './request/scan-answer.ts';
import { sectionsOf, type Sections } from './section.ts';
import { makeSender } from './sender.ts';
import { checkBrowser, goBack, showOtherBrowser } from './approval/same-device.ts';
import { keepSegments } from './approval/user-code-field.ts';
import { inSegments } from './approval/user-code.ts';

const TICK_MS = 500;

function startApproval(root: HTMLElement): void {
  const platform = browserPlatform();
  const sections = sectionsOf(root);
  const sender = makeSender(root, platform, sections);
  const countdown = makeCountdown(platform.clock);
  const scanCode = root.getAttribute('data-scan-code') ?? '';
  const account = sections.part('account')?.textContent ?? '';
  const confirming = armed(root.querySelector('.confirm'));
  let asked: ScanAnswer | undefined;

  function scan(code: object): void {
    sender.post('/v1/scans', code, (response) => {
      const answer = scanAnswerOf(response);
      if (!answer) return false;
      asked = answer;
      keepOutcome(undefined);
      countdown.set(answer.expires_in_ms);
      showRequest(sections, answer, Date.parse(response.header('Date') ?? '') || Date.now());
      tick();
      sections.view(viewOf(answer));
      confirming.rest();
      return true;
    });
  }

  function tick(): void {
    if (asked) showLeft(sections, countdown);
  }

  function confirm(): void {
    if (!confirming.isArmed()) return;
    const number = inputValue('number');
    if (asked?.number_match && number === '') document.getElementById('number')?.focus();
    else decide('confirm', asked?.number_match ? { number } : {});
  }

  function decide(decision: 'confirm' | 'deny', extra: object): void {
    if (!asked) return;
    const url = `/v1/tickets/${encodeURIComponent(asked.ticket_id)}/${decision}`;
    sender.post(url, { handshake: asked.handshake, ...extra }, (response) => {
      if (isAbout(response, 400, 'number')) {
        // Another phone may have scanned the code meanwhile, and now a number is asked for.
        asked = asked && { ...asked, number_match: true };
        return showNumber(sections, 'number' in extra);
      }
      if (isAbout(response, 409, 'risk')) return showRefused(sections);
      if (isTooOld(response)) return showFresh(sections);
      if (response.status !== 200) return false;
      const client = asked?.client.name ?? '';
      asked = undefined;
      if (goBack(sections, platform.origin, response)) return true;
      const view = decision === 'confirm' ? 'confirmed' : 'denied';
      return finish(sections, { view, account, client, reported: 'report' in extra });
    });
  }

  onDo(root, 'continue', 'click', () => scan({ scan_code: scanCode }));
  onDo(root, 'enter', 'submit', () => scan({ user_code: inputValue('user-code') }));
  onDo(root, 'confirm', 'submit', confirm);
  onDo(root, 'deny', 'click', () => decide('deny', reported(root)));
  onDo(root, 'retry', 'click', () => sender.again());
  onDo(root, 'reload', 'click', () => location.reload());
  setInterval(tick, TICK_MS);
  begin(root, platform, sections, scanCode);
}

/** What a denial says besides: that it is reported, where the person chose so. */
function reported(root: HTMLElement): { report?: true } {
  return root.querySelector<HTMLInputElement>('[data-report]')?.checked ? { report: true } : {};
}

/** Shows the first section; a code of the same device is looked at before, since it is of use in one browser alone. */
function begin(root: HTMLElement, platform: Platform, sections: Sections, scanCode: string): void {
  const waiting = root.getAttribute('data-waiting') ?? '';
  const first = (): void => showFirst(sections, scanCode, root.getAttribute('data-user-code') ?? '');
  if (waiting === '') first();
  else checkBrowser(platform, gateway + waiting, (fits) => (fits ? first() : showOtherBrowser(sections)));
}

function showFirst(sections: Sections, scanCode: string, typed: string): void {
  const userCode = document.getElementById('user-code') as HTMLInputElement | null;
  if (userCode) {
    userCode.value = inSegments(typed);
    keepSegments(userCode);
  }
  const kept = keptOutcome(scanCode !== '' || typed !== '', cameBack());
  if (kept) showOutcome(sections, kept);
  else sections.view(scanCode ? 'continue' : 'enter');
}

function viewOf({ status, fresh_needed: isOld }: ScanAnswer): string {
  if (status === 'denied') return 'refused';
  return isOld ? 'fresh' : 'ask';
}

function scanAnswerOf({ status, body }: HttpResponse): ScanAnswer | undefined {
  return status === 201 || status === 200 ? parseScanAnswer(body) : undefined;
}

function isAbout(response: HttpResponse, status: number, field: string): boolean {
  const problem = response.status === status ? parseJson(response.body) : undefined;
  return (problem as { field?: unknown } | undefined)?.field === field;
}

function isTooOld({ status, body }: HttpResponse): boolean {
  return status === 401 && /insufficient_user_authentication/.test(body);
}

/** Asks for a sign-in that is as fresh as the application wants it. */
function showFresh(sections: Sections): true {
  sections.view('fresh');
  return true;
}

/** Says that the gateway refused it, and for what. */
function showRefused(sections: Sections): true {
  sections.view('refused');
  return true;
}

function finish(sections: Sections, outcome: Outcome): true {
  keepOutcome(outcome);
  showOutcome(sections, outcome);
  return true;
}

function showOutcome(sections: Sections, { view, account, client, reported }: Outcome): void {
  sections.fill('account', account);
  sections.fill('client-name', client);
  sections.toggle('reported', reported);
  sections.view(view);
}

function inputValue(id: string): string {
  const input = document.getElementById(id) as HTMLInputElement | null;
  return (input?.value ?? '').replace(/^\s+|\s+$/g, '');
}

function onDo(root: HTMLElement, name: string, event: 'click' | 'submit', run: () => void): void {
  root.querySelector(`[data-do="${name}"]`)?.addEventListener(event, (happened) => {
    happened.preventDefault();
    run();
  });
}

const approval = document.getElementById('approve');
if (approval) startApproval(approval);
// A browser may keep the page as it was before the decision, the question who one is too.
window.addEventListener('pageshow', (event) => {
  const shown = approval?.querySelector('[data-view]:not([hidden])')?.getAttribute('data-view');
  const old = !approval || shown === 'continue' || shown === 'enter';
  if (event.persisted && old && keptOutcome(true, true)) location.reload();
});
