import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { printable } from './printable.ts';
import { traceIdIn } from './trace-context.ts';
import { endRequestSpan } from './tracing/request-span.ts';
import type { Tracing } from './tracing/tracing.ts';

/** What is remembered of a request until it is over: a pattern in place of the address, because addresses hold secrets. */
export interface RequestMark {
  readonly id: string;
  readonly method: string;
  /** The route's pattern, `-` where there is none. */
  route: string;
  /** By a monotonic clock, in milliseconds. */
  readonly startedMs: number;
  /** The body's bytes; of a held connection unknown. */
  bytes: number | undefined;
  /** Whether its line is one for `debug`: someone looks at the process itself. */
  isProbe: boolean;
  /** Where it comes from; its network where its address is not known. */
  from: string | undefined;
  /** A registered client that it is about, as far as it says so; else its ticket's is named. */
  client: string | undefined;
  /** The id of the ticket that it is about. */
  ticketId: string | undefined;
  /** What its headers said of agent and trace, once the connection is held and they are forgotten. */
  kept: KeptHeaders | undefined;
  /** Undefined: it is not traced. */
  readonly span: Span | undefined;
}

interface KeptHeaders {
  readonly agent: string | undefined;
  readonly traceId: string | undefined;
}

/** How lines name what they are about. */
export interface RequestNaming {
  /** The name of a ticket in logs, by its id. */
  readonly nameTicket: (ticketId: string) => string;
  /** The client that a ticket is for, as far as this process remembers. */
  readonly clientOfTicket: (ticketId: string) => string | undefined;
  /** A fresh trace id: 32 hexadecimal digits (W3C Trace Context §3.2.2.3). */
  readonly makeTraceId: () => string;
}

const MARK = Symbol('request mark');
type OwnMark = RequestMark & { readonly accessLog: AccessLog };
type Marked = ServerResponse & { [MARK]?: OwnMark };

/** The longest user agent in a line, in characters. */
const AGENT_LENGTH_MAX = 160;

/** What lines are made of, and where they go. */
export interface AccessLogOptions extends RequestNaming {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Where a request comes from, of those that reach no route. */
  readonly fromOf: (req: IncomingMessage) => string | undefined;
}

/** Writes one lean line for each request, and its time into the metrics. One listener for all, no closure each. */
export class AccessLog {
  readonly options: AccessLogOptions;
  /** Its lines have few members, all known here: looking through each for secrets would cost fifty times the line. */
  readonly log: Log;

  constructor(options: AccessLogOptions) {
    this.options = options;
    this.log = options.log.child({}, { redact: [] });
  }

  /** Marks a request as begun; its line is written when the response closes. */
  mark(res: ServerResponse, id: string, method: string): RequestMark {
    const mark: OwnMark = {
      id,
      method,
      route: '-',
      startedMs: this.options.now(),
      bytes: undefined,
      isProbe: false,
      from: undefined,
      client: undefined,
      ticketId: undefined,
      kept: undefined,
      span: this.options.tracing?.request(method, res.req.headers['traceparent']),
      accessLog: this,
    };
    (res as Marked)[MARK] = mark;
    res.once('close', writeLine);
    return mark;
  }

  /** Goes on with a request: what is done for it is below its span. */
  within({ span }: RequestMark, goOn: () => void): void {
    const { tracing } = this.options;
    if (span === undefined || tracing === undefined) goOn();
    else tracing.within(span, goOn);
  }
}

/** The mark of a response's request. */
export function markOf(res: ServerResponse): RequestMark | undefined {
  return (res as Marked)[MARK];
}

/** The connection is held from now on: what its line will need of the headers, which are forgotten, is kept. */
export function markHeld(res: ServerResponse): void {
  const mark = (res as Marked)[MARK];
  if (mark === undefined) return;
  mark.kept = mark.accessLog.log.isLevelEnabled('info') ? headersOf(res) : NOTHING;
}

const NOTHING: KeptHeaders = { agent: undefined, traceId: undefined };

function headersOf({ req: { headers } }: ServerResponse): KeptHeaders {
  return { agent: shortened(headers['user-agent']), traceId: traceIdIn(headers['traceparent']) };
}

// A part of a long text would keep the whole of it.
function shortened(agent: string | undefined): string | undefined {
  if (agent === undefined || agent.length <= AGENT_LENGTH_MAX) return agent && printable(agent);
  return printable(Buffer.from(agent.slice(0, AGENT_LENGTH_MAX)).toString());
}

function writeLine(this: ServerResponse): void {
  const mark = (this as Marked)[MARK];
  if (mark === undefined) return;
  const { from = mark.accessLog.options.fromOf(this.req), kept = headersOf(this) } = mark;
  tell(mark, { status: this.statusCode, cut: !this.writableFinished, from, kept });
}

/** A held connection has ended that has no response any more. @param cut before its answer was out. */
export function markEnded(mark: RequestMark, status: number, cut: boolean): void {
  tell(mark as OwnMark, { status, cut, from: mark.from, kept: mark.kept ?? NOTHING });
}

function tell(
  mark: OwnMark,
  end: {
    readonly status: number;
    readonly cut: boolean;
    readonly from: string | undefined;
    readonly kept: KeptHeaders;
  },
): void {
  const { log, options } = mark.accessLog;
  const { id, method, route, bytes, ticketId, span } = mark;
  const { status, cut, from } = end;
  const { agent, traceId: given } = end.kept;
  const ms = options.now() - mark.startedMs;
  const traceId = span?.spanContext().traceId ?? given ?? options.makeTraceId();
  const ticket = ticketId === undefined ? undefined : options.nameTicket(ticketId);
  const client = mark.client ?? (ticketId === undefined ? undefined : options.clientOfTicket(ticketId));
  // A span that is never ended is never sent.
  if (span !== undefined && !mark.isProbe)
    endRequestSpan(span, { method, route, status, cut, client, ticket });
  if (mark.kept === undefined) {
    const exemplarLabels = { trace_id: traceId };
    options.metrics.requestSeconds.observe({
      labels: { route, method, status },
      value: ms / 1000,
      exemplarLabels,
    });
  }
  const level = mark.isProbe ? 'debug' : 'info';
  if (!log.isLevelEnabled(level)) return;
  log[level](
    {
      req: id,
      method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      bytes,
      ip: from,
      agent,
      client,
      ticket,
      trace_id: traceId,
      ...(cut ? { cut } : {}),
    },
    'request',
  );
}
