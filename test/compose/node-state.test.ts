import { expect, test } from '@jest/globals';
import { NodeState } from '../../src/compose/node-state.ts';
import { LastCalls } from '../../src/compose/store/last-calls.ts';
import type { Config } from '../../src/config/config.ts';
import { NotReplicated, StoreUnavailable } from '../../src/store/event-store.ts';
import type { EventStore, StoreHealth } from '../../src/store/event-store.ts';
import type { Canary } from '../../src/watch/canary.ts';

const RING_MS = 30_000;
const SKEW_MAX_MS = 2_000;

function stateOf(
  health: Partial<StoreHealth>,
  ready = true,
  ringMs = RING_MS,
  lastCalls = new LastCalls(),
): string {
  const config = { SCANGATE_CLOCK_SKEW_MAX: SKEW_MAX_MS, SCANGATE_REDO_RING: ringMs } as Config;
  const store = { health: () => ({ timeline: 't', up: true, ...health }) } as EventStore;
  const canary = { ready, ageMs: 10, hurry: () => {} } as Canary;
  return new NodeState(config, canary, store, lastCalls).readiness().state;
}

test('a node is ready while a canary comes back, and the store says nothing against it', () => {
  expect([stateOf({}), stateOf({}, false)]).toEqual(['ready', 'away']);
  expect(stateOf({ clockSkewMs: SKEW_MAX_MS, replicaLagMs: RING_MS / 2 })).toBe('ready');
});

test('it is not ready while a server may throw data away', () => {
  expect([stateOf({ mayEvict: false }), stateOf({ mayEvict: true })]).toEqual(['ready', 'away']);
});

test('it is not ready while clocks are apart, or a replica has lacked something for half of what is remembered', () => {
  expect(stateOf({ clockSkewMs: SKEW_MAX_MS + 1 })).toBe('away');
  expect(stateOf({ replicaLagMs: RING_MS / 2 + 1 })).toBe('away');
});

test('that a replica says only once a second how far it is makes nobody unready, however little is remembered', () => {
  expect(stateOf({ replicaLagMs: 2_000 }, true, 1_000)).toBe('ready');
});

test('a write that failed counts at once, one that waits for a replica does not, and the next that works is the end', () => {
  const lastCalls = new LastCalls();
  const state = (): string => stateOf({}, true, RING_MS, lastCalls);
  lastCalls.note('append', new NotReplicated('no replica'));
  expect(state()).toBe('ready');
  lastCalls.note('append', new StoreUnavailable('full'));
  lastCalls.note('read', undefined);
  expect(state()).toBe('away');
  lastCalls.note('append', undefined);
  expect(state()).toBe('ready');
});
