import type { HttpResponse, Platform } from '../client/platform.ts';
import { prepareCommand, problemCode } from './command.ts';
import type { Sections } from './section.ts';

const RETRIED = ['offline', 'other', 'store_unavailable', 'too_many_requests'];
const STALE = ['phone_unknown', 'invalid_request'];

/** Sends a page's commands one after another; the buttons rest meanwhile. */
export interface Sender {
  /** Posts JSON. @param answered - says whether it understood the answer; else the page shows the problem. */
  post(url: string, body: object, answered: (response: HttpResponse) => boolean): void;
  /** Sends the last command once more, under the same `Idempotency-Key`. */
  again(): void;
}

/** The sender of the page inside `root`. */
export function makeSender(root: HTMLElement, platform: Platform, sections: Sections): Sender {
  let again: () => void = () => {};

  function busy(now: boolean): void {
    root.setAttribute('aria-busy', String(now));
    const buttons = Array.prototype.slice.call(root.querySelectorAll('button')) as HTMLButtonElement[];
    buttons.forEach((button) => {
      button.disabled = now;
    });
  }

  function showProblem(code: string): void {
    sections.toggle('retry', RETRIED.indexOf(code) >= 0);
    sections.toggle('reload', STALE.indexOf(code) >= 0);
    sections.problem(code);
  }

  return {
    post(url, body, answered) {
      const command = { url, contentType: 'application/json', body: JSON.stringify(body) };
      const send = prepareCommand(platform, command);
      again = () => {
        busy(true);
        send((response) => {
          busy(false);
          if (!answered(response)) showProblem(problemCode(response));
        });
      };
      again();
    },
    again: () => again(),
  };
}
