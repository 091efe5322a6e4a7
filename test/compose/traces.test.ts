import { expect, test } from '@jest/globals';
import { tracesOf } from '../../src/compose/tracing/traces.ts';

const AT = 'http://collector:4318';
const on = (encoding: string, host = 'collector:4318') => ({ kind: 'on', encoding, host });

test.each([
  [{}, { kind: 'off' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, { kind: 'off' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT }, on('protobuf')],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: AT }, on('protobuf')],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, on('json')],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, on('protobuf', 'localhost:4318')],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_TRACES_EXPORTER: 'none' }, { kind: 'off' }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: AT, OTEL_SDK_DISABLED: 'TRUE' }, { kind: 'off' }],
])('%j is heard as %j', (env, heard) => {
  expect(tracesOf(env)).toEqual(heard);
});

test.each([
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector:4318'],
])('%s=%s is not heard, and says so', (setting, text) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: AT, [setting]: text };
  expect(tracesOf(env)).toMatchObject({ kind: 'unheard', setting });
});
