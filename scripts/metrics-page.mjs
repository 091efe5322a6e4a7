/** `docs/metrics.md`, made from `src/telemetry/metrics.ts`. Imported once the TypeScript loader is registered. */
const { makeMetrics } = await import('../src/telemetry/metrics.ts');

const INTRODUCTION = `# Metrics

<!-- Written by \`npm run docs\` from src/telemetry/metrics.ts. Changes are made there. -->

\`/metrics\` on the operators' listener (\`SCANGATE_ADMIN_LISTEN\`, see [run.md](run.md)) has these figures, and Node's own beside them, in
Prometheus' text form; to a scraper whose \`Accept\` names \`application/openmetrics-text\` in that of OpenMetrics 1.0, in which the
buckets of requests carry an exemplar: the \`trace_id\` that stands in the request's line of the log. No label holds a ticket, a user, an
address or a secret. \`client\` is one of the clients file, or \`other\`. Durations are in seconds. A node counts what it did itself. What may
be counted is there from the start, at nought; only answers other than a route's usual one, and refusals of commands, come with the first.
`;

/** The whole page, before it is formatted. @throws Error for a figure that does not say what it is. */
export function metricsPage() {
  const rows = makeMetrics(false).registry.getMetricsAsArray().map(rowOf).toSorted();
  return [INTRODUCTION, '| figure | kind | labels | |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function rowOf({ name, help, labelNames, buckets }) {
  if (help === '') throw new Error(`${name} does not say what it is`);
  const kind = buckets === undefined ? (name.endsWith('_total') ? 'counter' : 'gauge') : 'histogram';
  const labels = labelNames
    .filter((label) => label !== 'le')
    .map((label) => `\`${label}\``)
    .join(', ');
  return `| \`${name}\` | ${kind} | ${labels} | ${help} |`;
}
