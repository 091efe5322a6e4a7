import { addBulletins, clearBulletins } from './bulletins.ts';
import { Charts } from './chart/charts.ts';
import { byId, write } from './element.ts';
import { showFacts } from './facts.ts';
import { showFunnel } from './funnel.ts';
import { showNodes } from './nodes.ts';
import { prepareEnding } from './record/ending.ts';
import { showOutages } from './outages.ts';
import type { Picture, Point } from './picture.ts';
import { prepareSearch } from './record/search.ts';
import { showStore } from './store.ts';
import { prepareTicket } from './record/ticket-dialog.ts';
import { countText, durationText, wordsOf } from './text.ts';
import { showTiles } from './tiles.ts';

const charts = new Charts();

/** Shows one picture. */
function show(picture: Picture): void {
  const { node } = picture;
  write('node-name', node.name);
  const state = byId('node-state');
  state.className = `pill ${node.state}`;
  write('node-state', node.state);
  showOutages(picture.outages);
  showTiles(picture);
  charts.add(picture.points, picture.now);
  showFunnel(picture.nodes);
  showNodes(picture.nodes, picture.now);
  showStore(picture);
  addBulletins(picture.bulletins);
  const facts = (named: Picture['hour']['refusals']): { name: string; text: string }[] =>
    named.map(({ name, count }) => ({ name: wordsOf(name), text: countText(count) }));
  showFacts('refusals', facts(picture.hour.refusals), 'Nothing was refused');
  showFacts('security', facts(picture.hour.security), 'None');
  showFacts('upstreams', picture.upstreams.map(upstreamFact), 'Nobody is asked');
}

function upstreamFact({ name, state, calls, failed, mean_ms }: Picture['upstreams'][number]): {
  readonly name: string;
  readonly text: string;
  readonly tone?: 'bad';
} {
  const mean = mean_ms === null ? '' : `, ${durationText(mean_ms)} each`;
  const text = `${state}: ${countText(calls)} calls, ${countText(failed)} failed${mean}`;
  return { name: wordsOf(name), text, ...(state === 'asked' ? {} : { tone: 'bad' as const }) };
}

function link(isLive: boolean, text: string): void {
  byId('link').className = isLive ? 'link live' : 'link lost';
  write('link', text);
}

/** Listens to the node. A stream that ends is opened again by the browser itself. */
function listen(): void {
  const source = new EventSource('/page/live');
  source.addEventListener('history', (event) => {
    clearBulletins();
    charts.begin(JSON.parse((event as MessageEvent<string>).data) as readonly Point[]);
  });
  source.addEventListener('picture', (event) => {
    show(JSON.parse((event as MessageEvent<string>).data) as Picture);
    link(true, 'live');
  });
  source.addEventListener('full', () => link(false, 'too many pages look at this node'));
  source.addEventListener('error', () => {
    link(false, 'not heard of; trying again');
    if (source.readyState === EventSource.CLOSED) setTimeout(() => void listenAgain(), RETRY_MS);
  });
}

/** When a stream that was refused is asked for again, in milliseconds. */
const RETRY_MS = 3000;

// Who must sign in anew sees the page that asks for it.
async function listenAgain(): Promise<void> {
  const answer = await fetch('/').catch(() => undefined);
  if (answer?.status === 401) location.reload();
  else listen();
}

byId('sign-out').hidden = document.body.dataset['token'] !== 'true';
prepareEnding();
prepareTicket();
prepareSearch();
listen();
