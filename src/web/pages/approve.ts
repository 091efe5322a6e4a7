/* The approval page: scans only after a tap, shows who asks, and sends the decision. */
import { browserPlatform } from '../client/browser-platform.ts';
import { makeCountdown } from '../client/countdown.ts';
import { showLeft, showRequest, showWrongNumber } from './request/request-view.ts';
import { parseScanAnswer, type ScanAnswer } from './request/scan-answer.ts';
import { sectionsOf } from './section.ts';
import { makeSender } from './sender.ts';

const TICK_MS = 500;

function startApproval(root: HTMLElement): void {
  const platform = browserPlatform();
  const sections = sectionsOf(root);
  const sender = makeSender(root, platform, sections);
  const countdown = makeCountdown(platform.clock);
  const scanCode = root.getAttribute('data-scan-code') ?? '';
  let asked: ScanAnswer | undefined;

  function scan(code: object): void {
    sender.post('/v1/scans', code, (response) => {
      const scanned = response.status === 201 || response.status === 200;
      const answer = scanned ? parseScanAnswer(response.body) : undefined;
      if (!answer) return false;
      asked = answer;
      countdown.set(answer.expires_in_ms);
      showRequest(sections, answer, Date.parse(response.header('Date') ?? '') || Date.now());
      tick();
      sections.view('ask');
      return true;
    });
  }

  function tick(): void {
    if (asked) showLeft(sections, countdown);
  }

  function confirm(): void {
    const number = inputValue('number');
    if (asked?.number_match && number === '') document.getElementById('number')?.focus();
    else decide('confirm', asked?.number_match ? { number } : {});
  }

  function deny(): void {
    const report = root.querySelector<HTMLInputElement>('[data-report]');
    decide('deny', report?.checked ? { report: true } : {});
  }

  function decide(decision: 'confirm' | 'deny', extra: object): void {
    if (!asked) return;
    const url = `/v1/tickets/${encodeURIComponent(asked.ticket_id)}/${decision}`;
    sender.post(url, { handshake: asked.handshake, ...extra }, (response) => {
      if (response.status === 400 && 'number' in extra && /number/.test(response.body)) {
        showWrongNumber(sections);
        return true;
      }
      if (response.status !== 200) return false;
      asked = undefined;
      sections.toggle('reported', 'report' in extra);
      sections.view(decision === 'confirm' ? 'confirmed' : 'denied');
      return true;
    });
  }

  onDo(root, 'continue', 'click', () => scan({ scan_code: scanCode }));
  onDo(root, 'enter', 'submit', () => scan({ user_code: inputValue('user-code') }));
  onDo(root, 'confirm', 'submit', confirm);
  onDo(root, 'deny', 'click', deny);
  onDo(root, 'retry', 'click', () => sender.again());
  onDo(root, 'reload', 'click', () => location.reload());
  const userCode = document.getElementById('user-code') as HTMLInputElement | null;
  if (userCode) userCode.value = root.getAttribute('data-user-code') ?? '';
  setInterval(tick, TICK_MS);
  sections.view(scanCode ? 'continue' : 'enter');
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
