import { SpanKind } from '@opentelemetry/api';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import type { CallOutward } from '../../outward/outward.ts';

/** The same, with a span for each call. It says the host alone, and others are not told of the trace. */
export function tracedOutward(call: CallOutward, tracing: Tracing): CallOutward {
  return (address, request) => {
    const method = request.method ?? 'GET';
    const host = URL.canParse(address) ? new URL(address).hostname : '';
    const attributes = { 'http.request.method': method, 'server.address': host };
    return tracing.over(
      { name: method, kind: SpanKind.CLIENT, attributes },
      () => call(address, request),
      ({ status }) => ({ 'http.response.status_code': status }),
    );
  };
}
