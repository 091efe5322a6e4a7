import type { Registry } from 'prom-client';

/** The media type of {@link openMetrics}. */
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** What `get` of a metric answers, as far as it is written here. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Absent where it is the family's own. */
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string | number>>;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

/** Whether a scraper would rather have OpenMetrics. @param accept its header `Accept`. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('application/openmetrics-text') === true;
}

/**
 * All figures in the form of OpenMetrics 1.0, with exemplars. The library's own writer of it renames counters for good, so
 * that nobody could be told the other form afterwards.
 */
export async function openMetrics(registry: Registry): Promise<string> {
  const families = (await Promise.all(
    registry.getMetricsAsArray().map((metric) => (metric as unknown as { get(): unknown }).get()),
  )) as readonly Family[];
  return `${families.flatMap(linesOf).join('\n')}\n# EOF\n`;
}

function linesOf({ name, help, type, values }: Family): readonly string[] {
  const isCounter = type === 'counter';
  const family = isCounter ? name.replace(/_total$/, '') : name;
  return [
    `# TYPE ${family} ${type}`,
    `# HELP ${family} ${escaped(help)}`,
    ...values.map((sample) => lineOf(sample, isCounter ? `${family}_total` : name)),
  ];
}

function lineOf({ value, labels, metricName, exemplar }: Sample, name: string): string {
  const line = `${metricName ?? name}${labelsOf(labels)} ${numberOf(value)}`;
  if (!exemplar || !metricName?.endsWith('_bucket')) return line;
  const at = exemplar.timestamp;
  return `${line} # ${labelsOf(exemplar.labelSet) || '{}'} ${numberOf(exemplar.value)} ${at}`;
}

function labelsOf(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberOf(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
