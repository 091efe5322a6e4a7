import { SpanStatusCode } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';

/** What a request turned out to be, once it is over. */
export interface AnsweredRequest {
  readonly method: string;
  /** The route's pattern, `-` where there is none. */
  readonly route: string;
  readonly status: number;
  /** The connection was cut before the answer was out. */
  readonly cut: boolean;
  /** A registered client that it is about. */
  readonly client: string | undefined;
  /** The name of a ticket in logs. */
  readonly ticket: string | undefined;
}

/**
 * Ends a request's span in the words of OpenTelemetry's conventions for HTTP servers. Its path, query, address and agent
 * are left out: they hold secrets, or say who it is.
 */
export function endRequestSpan(
  span: Span,
  { method, route, status, cut, client, ticket }: AnsweredRequest,
): void {
  if (route !== '-') {
    span.updateName(`${method} ${route}`);
    span.setAttribute('http.route', route);
  }
  span.setAttribute('http.response.status_code', status);
  if (client !== undefined) span.setAttribute('scangate.client', client);
  if (ticket !== undefined) span.setAttribute('scangate.ticket', ticket);
  if (cut) span.setAttribute('scangate.cut', true);
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
