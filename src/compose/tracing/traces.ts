/** What is read from: `process.env` is one. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Whether spans are sent, in OpenTelemetry's own words (`OTEL_*`); a setting of it that is not heard turns them off. */
export type Traces =
  | { readonly kind: 'off' }
  | { readonly kind: 'on'; readonly encoding: 'protobuf' | 'json'; readonly host: string }
  | { readonly kind: 'unheard'; readonly setting: string; readonly why: string };

const OFF: Traces = { kind: 'off' };
const ENCODINGS: Readonly<Record<string, 'protobuf' | 'json'>> = {
  'http/protobuf': 'protobuf',
  'http/json': 'json',
};

/** Where a collector is by default (OpenTelemetry, OTLP exporter). */
const USUAL_ENDPOINT = 'http://localhost:4318';

/** Reads what the variables that are common to all programs of an operator say. They are never a reason not to start. */
export function tracesOf(env: Variables): Traces {
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const first = (...names: string[]): { name: string; text: string } | undefined => {
    const name = names.find((one) => given(one) !== undefined);
    return name === undefined ? undefined : { name, text: given(name) ?? '' };
  };
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return OFF;
  const endpoint = first('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const exporter = given('OTEL_TRACES_EXPORTER');
  if (exporter === 'none' || (endpoint === undefined && exporter === undefined)) return OFF;
  if (exporter !== undefined && exporter !== 'otlp')
    return { kind: 'unheard', setting: 'OTEL_TRACES_EXPORTER', why: 'is neither otlp nor none' };
  const protocol = first('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL');
  const encoding = ENCODINGS[protocol?.text ?? 'http/protobuf'];
  if (encoding === undefined)
    return { kind: 'unheard', setting: protocol?.name ?? '', why: 'is neither http/protobuf nor http/json' };
  const address = endpoint?.text ?? USUAL_ENDPOINT;
  if (!/^https?:/.test(address) || !URL.canParse(address))
    return { kind: 'unheard', setting: endpoint?.name ?? '', why: 'is not a web address' };
  return { kind: 'on', encoding, host: new URL(address).host };
}
