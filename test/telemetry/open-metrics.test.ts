import { expect, test } from '@jest/globals';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { openMetrics, wantsOpenMetrics } from '../../src/telemetry/open-metrics.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

test('both forms say the same, one after the other, and one of them which trace was so slow', async () => {
  const metrics = makeMetrics();
  const labels = { route: '/v1/tickets', method: 'POST', status: 201 };
  metrics.requestSeconds.observe({ labels, value: 0.03, exemplarLabels: { trace_id: TRACE } });
  metrics.problems.inc({ code: 'a "b"\\n' });
  const before = await metrics.registry.metrics();
  const open = await openMetrics(metrics.registry);
  expect(await metrics.registry.metrics()).toContain('scangate_problems_total{code="a');
  expect(before).toContain('scangate_problems_total');
  expect(before).not.toContain(TRACE);

  expect(open).toMatch(/^# TYPE scangate_problems counter$/m);
  expect(open).toContain('scangate_problems_total{code="a \\"b\\"\\\\n"} 1\n');
  expect(open).toMatch(
    new RegExp(
      `^scangate_http_request_seconds_bucket\\{.*le="0.05".*\\} 1 # \\{trace_id="${TRACE}"\\} 0.03 [\\d.]+$`,
      'm',
    ),
  );
  expect(open).toMatch(/^scangate_http_request_seconds_bucket\{.*le="\+Inf".*\} 1/m);
  expect(open.endsWith('\n# EOF\n')).toBe(true);
  expect(open).not.toMatch(/^$(?!\n?$)/m);
});

test('the form is chosen by what a scraper asks for', () => {
  expect(wantsOpenMetrics('application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5')).toBe(true);
  expect([wantsOpenMetrics(undefined), wantsOpenMetrics('text/plain'), wantsOpenMetrics('*/*')]).toEqual([
    false,
    false,
    false,
  ]);
});
