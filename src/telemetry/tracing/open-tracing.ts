import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Outage } from '../outages.ts';
import { version } from '../version.ts';
import { Tracing } from './tracing.ts';

/** How a collector is spoken to (OTLP over HTTP). */
export type OtlpEncoding = 'protobuf' | 'json';

/** What spans go to, and who hears that it is away. */
export interface TracingOptions {
  readonly encoding: OtlpEncoding;
  readonly outage: Outage;
  /** Calls once, so many milliseconds from now. @returns what takes the call back. */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** Spans that are made, and sent in batches until it is closed. */
export interface OpenTracing {
  readonly tracing: Tracing;
  /** Sends what is left, for at most {@link LAST_WORDS_MS}. */
  close(): Promise<void>;
}

/** How long the end of a process waits for its last spans to be taken. */
const LAST_WORDS_MS = 400;

/**
 * Loads OpenTelemetry's SDK, which reads the rest of its settings (`OTEL_*`) itself, and begins to trace. Spans wait in a
 * queue of the SDK's own bound; beyond it they are dropped, and nobody waits for them.
 */
export async function openTracing({ encoding, outage, after }: TracingOptions): Promise<OpenTracing> {
  const [{ BasicTracerProvider, BatchSpanProcessor }, resources, exporter] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    makeExporter(encoding),
  ]);
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources;
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'scangate', 'service.version': version() }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(telling(exporter, outage))],
  });
  return {
    tracing: new Tracing(provider.getTracer('scangate', version())),
    close: () =>
      new Promise((resolve) => {
        const cancel = after(LAST_WORDS_MS, resolve);
        const end = (): void => {
          cancel();
          resolve();
        };
        provider.shutdown().then(end, end);
      }),
  };
}

async function makeExporter(encoding: OtlpEncoding): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await (encoding === 'json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto'));
  return new OTLPTraceExporter();
}

/** The same exporter, with its failures told as one outage. */
function telling(exporter: SpanExporter, outage: Outage): SpanExporter {
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error === undefined) outage.worked('export');
        else outage.failed('export', { cause: causeOf(result.error), why: result.error.message });
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

function causeOf(error: Error & { readonly code?: unknown }): string {
  if (typeof error.code === 'number') return 'refused';
  return /timed out|timeout/i.test(error.message) ? 'no_answer' : 'unreachable';
}
