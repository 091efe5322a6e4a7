import { addBulletins } from './bulletins.ts';
import { byId, write } from './element.ts';
import { showFacts } from './facts.ts';
import { showFunnel } from './funnel.ts';
import { charts, hearWhileSeen } from './hearing.ts';
import { showNodes } from './nodes.ts';
import { prepareEnding } from './record/ending.ts';
import { showOutages } from './outages.ts';
import type { Picture } from './picture.ts';
import { prepareSearch } from './record/search.ts';
import { prepareSessions } from './record/sessions.ts';
import { showStore } from './store.ts';
import { prepareTicket } from './record/ticket-dialog.ts';
import { countText, durationText, wordsOf } from './text.ts';
import { showTiles } from './tiles.ts';

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

byId('sign-out').hidden = document.body.dataset['token'] !== 'true';
prepareEnding();
prepareTicket();
prepareSearch();
prepareSessions();
hearWhileSeen(show);
