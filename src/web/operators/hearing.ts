import { clearBulletins } from './bulletins.ts';
import { Charts } from './chart/charts.ts';
import { byId, write } from './element.ts';
import type { Picture, Point } from './picture.ts';
import { ANSWER_MS } from './record/asking.ts';

/** When a stream that was refused is asked for again, in milliseconds. */
const RETRY_MS = 3000;
/** When it is asked for again where too many pages look, in milliseconds. */
const FULL_RETRY_MS = 5000;

/** The charts of the page; a stream begins them anew. */
export const charts = new Charts();

let source: EventSource | undefined;
let again: ReturnType<typeof setTimeout> | undefined;

/**
 * Listens to the node while the page is seen: a browser has six connections to one address (HTTP/1.1), which six hidden
 * pages would take. A stream that ends is opened again by the browser itself.
 */
export function hearWhileSeen(show: (picture: Picture) => void): void {
  const turn = (): void => {
    if (document.visibilityState === 'hidden') {
      stop();
      link(false, 'paused while hidden');
    } else if (source === undefined) void listenAgain(show);
  };
  document.addEventListener('visibilitychange', turn);
  if (document.visibilityState !== 'hidden') listen(show);
}

function listen(show: (picture: Picture) => void): void {
  stop();
  const opened = new EventSource('/page/live');
  source = opened;
  opened.addEventListener('history', (event) => {
    clearBulletins();
    charts.begin(JSON.parse((event as MessageEvent<string>).data) as readonly Point[]);
  });
  opened.addEventListener('picture', (event) => {
    show(JSON.parse((event as MessageEvent<string>).data) as Picture);
    link(true, 'live');
  });
  opened.addEventListener('full', () => {
    link(false, 'too many pages look at this node');
    later(show, FULL_RETRY_MS);
  });
  opened.addEventListener('error', () => {
    link(false, 'not heard of; trying again');
    if (opened.readyState === EventSource.CLOSED) later(show, RETRY_MS);
  });
}

function stop(): void {
  clearTimeout(again);
  source?.close();
  source = undefined;
}

function later(show: (picture: Picture) => void, ms: number): void {
  stop();
  again = setTimeout(() => void listenAgain(show), ms);
}

// Who must sign in anew sees the page that asks for it.
async function listenAgain(show: (picture: Picture) => void): Promise<void> {
  const answer = await fetch('/', { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  if (answer?.status === 401) location.reload();
  else if (document.visibilityState !== 'hidden' && source === undefined) listen(show);
}

function link(isLive: boolean, text: string): void {
  byId('link').className = isLive ? 'link live' : 'link lost';
  write('link', text);
}
