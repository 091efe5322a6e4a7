import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** A response as it went over the wire. */
export interface Seen {
  readonly method: string;
  /** The path as it was asked for, without the query. */
  readonly path: string;
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Undefined for a held connection. */
  readonly body: string | undefined;
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
}

const file = resolve(import.meta.dirname, '../../openapi.yaml');
const document = parse(readFileSync(file, 'utf8')) as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (target: Ajv2020) => void)(ajv);
ajv.addSchema(document, 'openapi');

const validators = new Map<string, ValidateFunction>();

/** The validator of a schema by where it stands in the document: made once, because that takes longer than a request. */
function validatorOf(pointer: string): ValidateFunction {
  const made = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, made);
  return made;
}

const templates = Object.keys(document.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  holes: path.split('{').length,
}));

/** Every operation and status of `openapi.yaml`, as `get /path 200`. */
export function documented(): readonly string[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method} ${path} ${status}`),
    ),
  );
}

/** What a response breaks of `openapi.yaml`, and which entry it is; for an address that has no entry, what problems must be. */
export function checkResponse(seen: Seen): { readonly entry?: string; readonly violation?: string } {
  const [template] = templates
    .filter(({ pattern }) => pattern.test(seen.path))
    .toSorted((one, other) => one.holes - other.holes);
  const method = seen.method === 'HEAD' ? 'get' : seen.method.toLowerCase();
  const operation = template && document.paths[template.path]?.[method];
  if (template === undefined || operation === undefined) return { ...problemOnly(seen) };
  const entry = `${method} ${template.path} ${seen.status}`;
  const response = operation.responses[String(seen.status)];
  if (response === undefined) return { violation: `${entry} is not documented` };
  for (const name of Object.keys(response.headers ?? {})) {
    if (name !== 'Set-Cookie' && seen.headers[name.toLowerCase()] === undefined)
      return { entry, violation: `${entry} lacks the header ${name}` };
  }
  const type = seen.type?.split(';')[0];
  if (response.content === undefined)
    return type === undefined ? { entry } : { entry, violation: `${entry} has a body of ${type}` };
  if (seen.status >= 400 && isOtherStyle(type, response.content)) return problemOnly(seen);
  const content = response.content[type ?? ''];
  if (content === undefined) return { entry, violation: `${entry} is of ${type}` };
  if (type?.endsWith('json') !== true || seen.body === undefined || seen.method === 'HEAD') return { entry };
  const pointer = [
    'paths',
    template.path,
    method,
    'responses',
    String(seen.status),
    'content',
    type,
    'schema',
  ];
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = validatorOf(escaped.join('/'));
  if (validate(JSON.parse(seen.body))) return { entry };
  return { entry, violation: `${entry}: ${ajv.errorsText(validate.errors)} in ${seen.body}` };
}

/** A refusal may be a page for a person, and JSON for a program: the document says so once, for all. */
function isOtherStyle(type: string | undefined, content: NonNullable<Response['content']>): boolean {
  if (content['text/html'] !== undefined) return type?.endsWith('json') === true;
  return type === 'text/html';
}

function problemOnly({ method, path, status, type, body }: Seen): { readonly violation?: string } {
  if (status >= 500) return { violation: `${method} ${path}: ${status}` };
  if (status < 400 || type?.includes('json') !== true || method === 'HEAD' || body === undefined) return {};
  const validate = validatorOf(
    `components/schemas/${type.startsWith('application/problem') ? 'Problem' : 'OAuthError'}`,
  );
  return validate(JSON.parse(body))
    ? {}
    : { violation: `${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}` };
}
