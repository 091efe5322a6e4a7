import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP over HTTP writes it in JSON, with its attributes as one object and the node that made it. */
export interface CollectedSpan {
  readonly node: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** A collector of OpenTelemetry's spans, as `POST /v1/traces`. */
export interface Collector {
  readonly url: string;
  readonly port: number;
  /** The media types that came. */
  readonly types: ReadonlySet<string>;
  /** All that came in JSON, as it came. */
  text(): string;
  spans(): readonly CollectedSpan[];
  close(): Promise<void>;
}

interface WrittenAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Written {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WrittenAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'links' | 'node'> & {
        readonly attributes: readonly WrittenAttribute[];
        readonly links?: CollectedSpan['links'];
      })[];
    }[];
  }[];
}

/** Starts one. @param port free by default. */
export async function startCollector(port = 0): Promise<Collector> {
  const bodies: string[] = [];
  const types = new Set<string>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const type = req.headers['content-type'] ?? '';
      types.add(type);
      if (type === 'application/json') bodies.push(Buffer.concat(chunks).toString());
      res.setHeader('content-type', type).end(type === 'application/json' ? '{}' : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    types,
    text: () => bodies.join('\n'),
    spans: () => bodies.flatMap(spansIn),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansIn(body: string): CollectedSpan[] {
  return (JSON.parse(body) as Written).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const node = String(attributesOf(resource.attributes)['service.instance.id']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        node,
        attributes: attributesOf(span.attributes),
        links: span.links ?? [],
      })),
    );
  });
}

function attributesOf(written: readonly WrittenAttribute[]): Record<string, unknown> {
  return Object.fromEntries(written.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** The span of whoever calls a gateway, which no gateway sends. */
export const CALLER = '00f067aa0ba902b7';

/** A span, and what it is below: `feed here < append there < …`. */
export function pathOf(span: CollectedSpan, spans: readonly CollectedSpan[]): string {
  const { name, node, parentSpanId } = span;
  const own = `${name} ${node}`;
  if (parentSpanId === undefined) return own;
  if (parentSpanId === CALLER) return `${own} < caller`;
  const parent = spans.find(({ spanId }) => spanId === parentSpanId);
  return `${own} < ${parent === undefined ? 'nothing' : pathOf(parent, spans)}`;
}

const SCAN = 'POST /v1/scans there < caller';
const CONFIRM = 'POST /v1/tickets/:id/confirm there < caller';
const REDEEM = 'POST /oauth/token there < caller';
const told = (request: string): string[] => [
  `append there < ${request}`,
  `deliver here < feed here < append there < ${request}`,
  `feed here < append there < ${request}`,
];
/** The paths of a sign-in's spans where the browser waits at `here` and all else goes to `there`. */
export const WHOLE = [
  'POST /v1/tickets here < caller',
  'append here < POST /v1/tickets here < caller',
  SCAN,
  ...told(SCAN),
  CONFIRM,
  ...told(CONFIRM),
  REDEEM,
  `append there < ${REDEEM}`,
].toSorted();
