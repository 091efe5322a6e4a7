import { originOf } from '../../client/address.ts';
import { parseJson } from '../../client/notice.ts';
import type { HttpResponse, Platform } from '../../client/platform.ts';
import type { Sections } from '../section.ts';

const ANSWER_MS = 5000;

/**
 * Whether this is the browser that waits, as far as the gateway says in time. It is asked for the user's sake alone: whatever
 * is confirmed here, no other browser gets a result.
 *
 * @param url of the ticket.
 */
export function checkBrowser(platform: Platform, url: string, done: (fits: boolean) => void): void {
  const headers = { Accept: 'application/json' };
  platform.request({ method: 'GET', url, headers, timeoutMs: ANSWER_MS }, ({ status }) =>
    done(status !== 404),
  );
}

/** Says that the link is another browser's; trying again here can change nothing. */
export function showOtherBrowser(sections: Sections): void {
  sections.toggle('retry', false);
  sections.toggle('reload', false);
  sections.problem('other_browser');
}

/** Goes where a decision on the same device goes on; false where it was for another device. */
export function goBack(sections: Sections, origin: string, { body }: HttpResponse): boolean {
  const { return_url: address } = (parseJson(body) ?? {}) as { return_url?: unknown };
  if (typeof address !== 'string') return false;
  sections.view('returning');
  location.replace(origin + address.slice(originOf(address).length));
  return true;
}
