/** The OpenAPI 3.1 document of a route table, as YAML. */
import { readFileSync } from 'node:fs';
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { stringify } from 'yaml';
import { PROBLEMS } from '../src/http/answer/problem.ts';
import { mediaTypesOf } from '../src/http/request/body.ts';
import { oauthError, problem } from '../src/http/request/schemas.ts';
import { registerOperators } from './openapi-operators.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

const TAGS = [
  { name: 'browser', description: 'The device that shows the QR code and waits.' },
  { name: 'phone', description: 'The device that is signed in already and approves.' },
  { name: 'oauth', description: 'OAuth 2.0 and OpenID Connect, for the client that wants a signed-in user.' },
  { name: 'sessions', description: 'What a redemption opens.' },
  { name: 'running', description: 'For whoever runs the gateway.' },
];

const SECURITY = {
  browserCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'scangate_TICKET_ID',
    description:
      'The browser secret as an HttpOnly cookie named `scangate_` and the ticket’s id, from the gateway’s own pages only.',
  },
  browserBearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'The browser secret of a ticket minted with `binding: "bearer"`.',
  },
  phoneBearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'The phone’s credential, as its source gave it; a `demo` phone says `demo-<name>`.',
  },
  phonePage: {
    type: 'apiKey',
    in: 'cookie',
    name: 'scangate_phone',
    description:
      'The approval page’s session; over HTTPS it is named `__Host-scangate_phone`, below a path with a mark of it at the end.',
  },
  clientBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'The client’s id and secret (RFC 6749 §2.3.1).',
  },
  accessToken: { type: 'http', scheme: 'bearer', description: 'An access token of the gateway (RFC 9068).' },
  initialAccessToken: { type: 'http', scheme: 'bearer', description: 'The operator’s (RFC 7591 §1.2).' },
  registrationAccessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'What the registration was answered with (RFC 7592 §3).',
  },
};

/** The codes that follow from a route's shapes, beside those that it names. */
function refusalsOf(route) {
  const { operation } = route;
  const codes = new Set(['invalid_request', ...(operation.refusals ?? [])]);
  if (operation.params !== undefined) codes.add('not_found');
  if (operation.body !== undefined) codes.add('too_large').add('unsupported_media_type');
  if (route.limit !== undefined) codes.add('too_many_requests');
  const byStatus = new Map();
  for (const code of Object.keys(PROBLEMS)) {
    if (!codes.has(code)) continue;
    const isOAuth = route.errors === 'oauth';
    const status = isOAuth && code === 'unsupported_media_type' ? 400 : PROBLEMS[code].status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

function refusalContent(style) {
  if (style === 'page') return { 'text/html': { schema: { type: 'string' } } };
  if (style === 'oauth') return { 'application/json': { schema: oauthError } };
  return { 'application/problem+json': { schema: problem } };
}

function refusalResponse(status, codes, style) {
  const retry = status === 429 || status === 503;
  return {
    description:
      style === 'problem' ? codes.map((code) => `\`${code}\``).join(', ') : PROBLEMS[codes[0]].title,
    ...(retry ? { headers: headersOf({ 'Retry-After': 'Whole seconds, at least 1.' }) } : {}),
    content: refusalContent(style),
  };
}

function headersOf(headers) {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return Object.fromEntries(described);
}

function responseOf({ description, schema, type, headers }) {
  const content =
    schema === undefined && type === undefined
      ? {}
      : { content: { [type ?? 'application/json']: { schema: schema ?? { type: 'string' } } } };
  return { description, ...(headers === undefined ? {} : { headers: headersOf(headers) }), ...content };
}

function requestOf({ params, query, headers, body }) {
  return {
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined
      ? {}
      : {
          body: {
            required: true,
            content: Object.fromEntries(mediaTypesOf(body).map((type) => [type, { schema: body.schema }])),
          },
        }),
  };
}

function register(registry, route) {
  const { operation, method, path } = route;
  const style = route.errors ?? 'problem';
  const responses = {};
  for (const [status, answer] of Object.entries(operation.answers)) responses[status] = responseOf(answer);
  for (const [status, codes] of refusalsOf(route))
    responses[status] ??= refusalResponse(status, codes, style);
  registry.registerPath({
    method,
    path: path.replaceAll(/:(\w+)/g, '{$1}'),
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: [...operation.tags],
    security: (operation.security ?? []).map((name) => (name === 'formAlone' ? {} : { [name]: [] })),
    request: requestOf(operation),
    responses,
  });
}

/** @param {readonly import('../src/http/request/route.ts').Route[]} routes */
export function openApiYaml(routes) {
  const registry = new OpenAPIRegistry();
  const shown = routes.filter((route) => route.hidden !== true);
  const used = new Set(shown.flatMap(({ operation }) => operation.security ?? []));
  for (const [name, scheme] of Object.entries(SECURITY))
    if (used.has(name)) registry.registerComponent('securitySchemes', name, scheme);
  for (const route of shown) register(registry, route);
  registerOperators(registry);
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.1',
    info: {
      title: 'Scangate',
      version,
      summary: 'Scan to sign in.',
      description:
        'A browser mints a ticket and shows its QR code; a signed-in phone scans and approves it; the client trades ' +
        'the code for tokens, once. Errors are RFC 9457 problems with a stable `code`, inside `/oauth` the OAuth ' +
        'error object; who opens an address in a browser (`Accept: text/html`) reads them as a page. Every 429 and 503 says `Retry-After`. Times left are milliseconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This gateway.' }],
    tags: TAGS,
  });
  const head = '# Made by `npm run openapi` from the route table: edit that, not this.\n';
  return head + stringify(document, { lineWidth: 110, aliasDuplicateObjects: false });
}
