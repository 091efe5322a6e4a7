import { SpanKind } from '@opentelemetry/api';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import type { Append, AppendResult, EventStore, FeedBatch } from '../../store/event-store.ts';
import { withTrace } from '../../store/event-trace.ts';
import { kindOf } from '../../store/subject.ts';
import type { Subject } from '../../store/subject.ts';

/** How many subjects' traces are remembered from their append until the feed names them; beyond, the oldest go. */
const UNTOLD_MAX = 10_000;

/**
 * The same store, with a span for each append. The event carries its span's name to whoever reads the log; a feed of this
 * process alone, which reads no log, is told it here. Canaries are left alone.
 */
export function tracedStore(store: EventStore, tracing: Tracing): EventStore {
  const untold = new Map<Subject, string>();
  // A retry must be the same bytes: what a node remembers to have written is what it puts back after a failover.
  const marked = new WeakMap<Append, Append>();

  function mark(append: Append, traceparent: string | undefined): Append {
    const known = marked.get(append);
    if (known !== undefined) return known;
    const made = traceparent === undefined ? append : withTrace(append, traceparent);
    marked.set(append, made);
    return made;
  }

  function remember(batch: readonly Append[], traceparent: string): void {
    for (const { subject, expected } of batch) {
      // Nobody has waited for what was not there.
      if (expected === null) continue;
      untold.delete(subject);
      untold.set(subject, traceparent);
    }
    for (const subject of untold.keys()) {
      if (untold.size <= UNTOLD_MAX) return;
      untold.delete(subject);
    }
  }

  function append(batch: readonly Append[]): Promise<AppendResult> {
    if (batch.some(({ subject }) => kindOf(subject) === 'canary')) return store.append(batch);
    const attributes = { 'scangate.events': batch.map(({ event }) => event.type) };
    return tracing.over(
      { name: 'append', kind: SpanKind.PRODUCER, attributes },
      (traceparent) => {
        if (traceparent !== undefined) remember(batch, traceparent);
        return store.append(batch.map((one) => mark(one, traceparent)));
      },
      ({ outcome }) => ({ 'scangate.outcome': outcome }),
    );
  }

  function traced(batch: FeedBatch): FeedBatch {
    if (batch.kind === 'all') return batch;
    const traces = new Map(batch.traces);
    for (const subject of batch.subjects) {
      const own = untold.get(subject);
      if (own === undefined) continue;
      untold.delete(subject);
      if (!traces.has(subject)) traces.set(subject, own);
    }
    return { ...batch, traces };
  }

  return {
    append,
    read: (subjects) => store.read(subjects),
    history: (subject) => store.history(subject),
    rebuild: (subject) => store.rebuild(subject),
    due: (limit) => store.due(limit),
    async *feed(options) {
      for await (const batch of store.feed(options)) yield traced(batch);
    },
    health: () => store.health(),
    close: () => store.close(),
  };
}
