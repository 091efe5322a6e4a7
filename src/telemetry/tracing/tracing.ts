import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { spanContextIn, traceparentOf } from '../trace-context.ts';

/** What a piece of work is, to whoever looks at its span. */
export interface SpanWork {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** One state on its way from the feed to a connection that waits for it. */
export interface Delivery {
  /** It is written, by this transport. Asked from within the request that waits, whose span becomes a link. */
  told(transport: string): void;
}

/** An entry of the log, as this node's feed read it. */
export interface ReadEntry {
  /** Names the reading, to those who are woken by it. */
  readonly traceparent: string;
  /** All of them are woken. */
  end(): void;
}

/**
 * Makes spans. Which span a piece of code runs within follows it through its `await`s, so that no function between a
 * request and the store has to know of either.
 */
export class Tracing {
  readonly #tracer: Tracer;
  readonly #current = new AsyncLocalStorage<Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Begins the span of a request. @param traceparent its header: the caller's span, if it has one. */
  request(method: string, traceparent: string | readonly string[] | undefined): Span {
    return this.#start(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      remote(traceparent),
    );
  }

  /** Runs what belongs to a span. */
  within<R>(span: Span, run: () => R): R {
    return this.#current.run(span, run);
  }

  /**
   * Does a piece of work within a span of its own, below the present one.
   *
   * @param work is handed the `traceparent` of its span, undefined where nobody will see it.
   * @param attributesOf what the result says of the work.
   */
  async over<R>(
    { name, kind, attributes }: SpanWork,
    work: (traceparent: string | undefined) => Promise<R>,
    attributesOf: (result: R) => Attributes,
  ): Promise<R> {
    const span = this.#start(name, { kind, attributes }, this.#here());
    try {
      const result = await this.within(span, () => work(traceparentOf(span.spanContext())));
      span.setAttributes(attributesOf(result));
      return result;
    } catch (error) {
      span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  /** Begins the reading of an entry, below the append that wrote it. */
  read(traceparent: string): ReadEntry {
    const span = this.#start('feed', { kind: SpanKind.CONSUMER }, remote(traceparent));
    return { traceparent: traceparentOf(span.spanContext()) ?? traceparent, end: () => span.end() };
  }

  /** Begins a delivery, below the reading that woke it. One that is never told leaves no span. */
  deliver(traceparent: string): Delivery {
    const span = this.#start('deliver', { kind: SpanKind.PRODUCER }, remote(traceparent));
    return {
      told: (transport) => {
        const waiting = this.#current.getStore();
        if (waiting !== undefined) span.addLink({ context: waiting.spanContext() });
        span.setAttribute('scangate.transport', transport);
        span.end();
      },
    };
  }

  #here(): Context {
    const span = this.#current.getStore();
    return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span);
  }

  #start(name: string, options: SpanOptions, parent: Context): Span {
    return this.#tracer.startSpan(name, options, parent);
  }
}

function remote(traceparent: string | readonly string[] | undefined): Context {
  const context = spanContextIn(traceparent);
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}
