import { showFacts } from './facts.ts';
import type { Fact } from './facts.ts';
import type { Picture } from './picture.ts';
import { countText, durationText } from './text.ts';

const KINDS: Readonly<Record<string, string>> = {
  file: 'embedded, in a folder',
  single: 'one Redis',
  sentinel: 'Redis behind Sentinels',
  cluster: 'Redis Cluster',
};

/** The store, as a node sees it. */
export function showStore({ store, node }: Picture): void {
  const age = node.canary_age_ms;
  const facts: Fact[] = [
    { name: 'Kind', text: KINDS[store.kind] ?? store.kind },
    store.up
      ? { name: 'Calls', text: 'get through', tone: 'good' }
      : { name: 'Calls', text: 'do not get through', tone: 'bad' },
    {
      name: 'Last write that came back',
      text: age === null ? 'none yet' : `${durationText(age)} ago`,
      ...(node.state === 'away' ? { tone: 'bad' as const } : {}),
    },
    { name: 'History', text: shortOf(store.timeline) },
    { name: 'Changes of history', text: countText(store.changes) },
  ];
  if (store.replicas_required !== null)
    facts.push({ name: 'Replicas that must follow', text: countText(store.replicas_required) });
  if (store.replica_lag_ms !== null && store.replicas_required !== 0)
    facts.push({ name: 'The slowest of them lags by', text: durationText(store.replica_lag_ms) });
  if (store.clock_skew_ms !== null)
    facts.push({ name: 'Clocks apart', text: durationText(store.clock_skew_ms) });
  if (store.may_evict) facts.push({ name: 'Memory', text: 'may throw data away', tone: 'bad' });
  showFacts('store', facts, 'Nothing is known');
}

function shortOf(timeline: string): string {
  return timeline.length > 18 ? `${timeline.slice(0, 17)}…` : timeline;
}
