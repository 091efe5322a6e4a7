/* Where a decision on this device comes back to: gives the secret back, and goes on with the result. */
import { browserPlatform } from '../client/browser-platform.ts';
import { mayFollow } from '../client/follow.ts';
import { parseJson } from '../client/notice.ts';
import { sectionsOf } from './section.ts';
import { makeSender } from './sender.ts';

function startReturn(root: HTMLElement): void {
  const sections = sectionsOf(root);
  const sender = makeSender(root, browserPlatform(), sections);
  const secret = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  root.querySelector('[data-do="retry"]')?.addEventListener('click', () => sender.again());
  if (secret === '') {
    sections.toggle('retry', false);
    sections.problem('not_found');
    return;
  }
  sections.view('working');
  const url = `/v1/tickets/${root.getAttribute('data-ticket-id') ?? ''}/return`;
  sender.post(url, { return_secret: secret }, ({ status, body }) => {
    const answer = status === 200 ? parseJson(body) : undefined;
    const address = (answer as { result?: { redirect_to?: string } } | undefined)?.result?.redirect_to;
    if (!address || !mayFollow(address)) return false;
    location.replace(address);
    return true;
  });
}

const target = document.getElementById('return');
if (target) startReturn(target);
