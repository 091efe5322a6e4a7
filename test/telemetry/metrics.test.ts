import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { makeMetrics } from '../../src/telemetry/metrics.ts';

test('every figure is named scangate_*, and labels are of few values', async () => {
  const metrics = await makeMetrics(false).registry.getMetricsAsJSON();
  expect(metrics.map(({ name }) => name).filter((name) => !/^scangate_[a-z_]+$/.test(name))).toEqual([]);
  const { registry, ...figures } = makeMetrics(false);
  const labels = Object.values(figures).flatMap(
    (figure) => (figure as unknown as { labelNames: readonly string[] }).labelNames,
  );
  const known = [
    'call',
    'cause',
    'kind',
    'code',
    'method',
    'outage',
    'outcome',
    'route',
    'state',
    'status',
    'transport',
    'type',
    'upstream',
    'reason',
    'version',
    'client',
    'host',
    'node',
  ];
  expect([...new Set(labels)].filter((label) => !known.includes(label))).toEqual([]);
  expect(registry.getMetricsAsArray()).toHaveLength(Object.keys(figures).length);
});

test('two processes in one do not share figures', async () => {
  const [one, other] = [makeMetrics(false), makeMetrics(false)];
  one.problems.inc({ code: 'not_found' });
  expect(await one.registry.metrics()).toContain('scangate_problems_total{code="not_found"} 1');
  expect(await other.registry.metrics()).not.toContain('not_found');
});

test('with Node’s own figures beside them', async () => {
  expect(await makeMetrics().registry.metrics()).toContain('nodejs_heap_size_used_bytes');
});

test('what asks for the figures walks through no connection, and learns how many descriptors are open', async () => {
  const { registry } = makeMetrics();
  const shown = await registry.metrics();
  expect(shown.match(/^nodejs_active_\w+/gm)).toBeNull();
  const [, count] = /^process_open_fds (\d+)$/m.exec(shown) ?? [];
  expect(Math.abs(Number(count) - readdirSync('/proc/self/fd').length)).toBeLessThan(8);
  expect(shown).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
});
