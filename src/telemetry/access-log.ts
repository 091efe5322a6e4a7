import type { ServerResponse } from 'node:http';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

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
  held: boolean;
}

const MARK = Symbol('request mark');
type Marked = ServerResponse & { [MARK]?: RequestMark & { readonly accessLog: AccessLog } };

/** Writes one lean line for each request, and its time into the metrics. One listener for all, no closure each. */
export class AccessLog {
  readonly log: Log;
  readonly metrics: Metrics;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;

  constructor(log: Log, metrics: Metrics, now: () => number) {
    this.log = log;
    this.metrics = metrics;
    this.now = now;
  }

  /** Marks a request as begun; its line is written when the response closes. */
  mark(res: ServerResponse, id: string, method: string): RequestMark {
    const mark = {
      id,
      method,
      route: '-',
      startedMs: this.now(),
      bytes: undefined,
      held: false,
      accessLog: this,
    };
    (res as Marked)[MARK] = mark;
    res.once('close', writeLine);
    return mark;
  }
}

/** The mark of a response's request. */
export function markOf(res: ServerResponse): RequestMark | undefined {
  return (res as Marked)[MARK];
}

function writeLine(this: ServerResponse): void {
  const mark = (this as Marked)[MARK];
  if (mark === undefined) return;
  const { log, metrics, now } = mark.accessLog;
  const { id, method, route, bytes, held } = mark;
  const ms = now() - mark.startedMs;
  const status = this.statusCode;
  if (!held) metrics.requestSeconds.observe({ route, method, status }, ms / 1000);
  if (!log.isLevelEnabled('info')) return;
  const cut = this.writableFinished ? {} : { cut: true };
  log.info({ req: id, method, route, status, ms: Math.round(ms * 10) / 10, bytes, ...cut }, 'request');
}
