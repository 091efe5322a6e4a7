/* The approval page: scans only after a tap, shows who asks, and sends the decision. */
import { browserPlatform } from '../client/browser-platform.ts';
import { createCountdown } from '../client/countdown.ts';
import type { HttpResponse } from '../client/platform.ts';
import { clockText } from '../client/texts.ts';
import { ageOf } from './age.ts';
import { browserName } from './browser-name.ts';
import { prepareCommand, problemCode, type Send } from './command.ts';
import { parseScanAnswer, type ScanAnswer } from './scan-answer.ts';
import { sectionsOf } from './section.ts';

const TICK_MS = 500;
const RETRIED = ['offline', 'other', 'store_unavailable', 'too_many_requests'];
const STALE = ['phone_unknown', 'invalid_request'];

function startApproval(root: HTMLElement): void {
  const platform = browserPlatform();
  const sections = sectionsOf(root);
  const countdown = createCountdown(platform.clock);
  const scanCode = root.getAttribute('data-scan-code') ?? '';
  let asked: ScanAnswer | undefined;
  let again: () => void = () => {};

  function busy(now: boolean): void {
    root.setAttribute('aria-busy', String(now));
    const buttons = Array.prototype.slice.call(root.querySelectorAll('button')) as HTMLButtonElement[];
    buttons.forEach((button) => {
      button.disabled = now;
    });
  }

  function json(url: string, body: object): Send {
    return prepareCommand(platform, { url, contentType: 'application/json', body: JSON.stringify(body) });
  }

  function send(command: Send, answered: (response: HttpResponse) => boolean): void {
    again = () => send(command, answered);
    busy(true);
    command((response) => {
      busy(false);
      if (answered(response)) return;
      const code = problemCode(response);
      sections.toggle('retry', RETRIED.indexOf(code) >= 0);
      sections.toggle('reload', STALE.indexOf(code) >= 0);
      sections.problem(code);
    });
  }

  function scan(code: object): void {
    send(json('/v1/scans', code), (response) => {
      const answer =
        response.status === 201 || response.status === 200 ? parseScanAnswer(response.body) : undefined;
      if (!answer) return false;
      asked = answer;
      countdown.set(answer.expires_in_ms);
      show(answer, Date.parse(response.header('Date') ?? '') || Date.now());
      return true;
    });
  }

  function show(answer: ScanAnswer, nowMs: number): void {
    const browser = answer.browser ?? {};
    sections.fill('client-name', answer.client.name);
    sections.fill('client-domain', answer.client.domain ?? '');
    sections.toggle('verified', answer.client.verified === true);
    sections.toggle('unverified', answer.client.verified !== true);
    sections.fill('place', browser.place ?? '');
    sections.toggle('place', !!browser.place);
    sections.fill('ip', browser.ip ?? '–');
    sections.toggle('same-network', browser.same_network === true);
    sections.toggle('other-network', browser.same_network === false);
    sections.fill('agent', browserName(browser.agent ?? '–'));
    sections.fill('user-code', answer.user_code ?? '');
    sections.toggle('user-code', !!answer.user_code);
    sections.toggle('number', answer.number_match === true);
    sections.toggle('number-wrong', false);
    showAge(browser.first_seen, nowMs);
    tick();
    sections.view('ask');
  }

  function showAge(seen: string | number | undefined, nowMs: number): void {
    const seenMs = typeof seen === 'number' ? seen : Date.parse(seen ?? '');
    const element = sections.part('age');
    sections.toggle('age', !isNaN(seenMs));
    if (isNaN(seenMs) || !element) return;
    const age = ageOf(seenMs, nowMs);
    sections.fill('age', (element.getAttribute('data-' + age.unit) ?? '').replace('%s', String(age.count)));
  }

  function tick(): void {
    if (!asked) return;
    sections.fill('left', clockText(countdown.leftMs()));
  }

  function decide(decision: 'confirm' | 'deny', extra: object): void {
    if (!asked) return;
    const body = { handshake: asked.handshake, ...extra };
    send(json(`/v1/tickets/${encodeURIComponent(asked.ticket_id)}/${decision}`, body), (response) => {
      if (response.status === 400 && 'number' in extra && /number/.test(response.body)) {
        sections.toggle('number-wrong', true);
        const input = document.getElementById('number');
        input?.setAttribute('aria-invalid', 'true');
        input?.focus();
        return true;
      }
      if (response.status !== 200) return false;
      asked = undefined;
      sections.toggle('reported', 'report' in extra);
      sections.view(decision === 'confirm' ? 'confirmed' : 'denied');
      return true;
    });
  }

  function inputValue(id: string): string {
    const input = document.getElementById(id) as HTMLInputElement | null;
    return (input?.value ?? '').replace(/^\s+|\s+$/g, '');
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

  function on(name: string, event: 'click' | 'submit', run: () => void): void {
    root.querySelector(`[data-do="${name}"]`)?.addEventListener(event, (happened) => {
      happened.preventDefault();
      run();
    });
  }

  on('continue', 'click', () => scan({ scan_code: scanCode }));
  on('enter', 'submit', () => scan({ user_code: inputValue('user-code') }));
  on('confirm', 'submit', confirm);
  on('deny', 'click', deny);
  on('retry', 'click', () => again());
  on('reload', 'click', () => location.reload());
  const userCode = document.getElementById('user-code') as HTMLInputElement | null;
  if (userCode) userCode.value = root.getAttribute('data-user-code') ?? '';
  setInterval(tick, TICK_MS);
  sections.view(scanCode ? 'continue' : 'enter');
}

const approval = document.getElementById('approve');
if (approval) startApproval(approval);
