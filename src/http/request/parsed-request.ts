import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { printable } from '../../telemetry/printable.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ClientAddress } from '../caller/client-address.ts';
import { bearerOf, cookieOf } from '../caller/credentials.ts';
import type { RouteRequest } from './route.ts';

/** The longest `User-Agent` that is kept, in characters. */
const AGENT_LENGTH_MAX = 512;

/** A request after its shapes were checked. It keeps the headers, and nothing of the socket. */
export class ParsedRequest implements RouteRequest {
  readonly id: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly method: string;
  readonly ip: string;
  readonly counted: string | undefined;
  readonly raw: IncomingHttpHeaders;

  constructor(
    req: IncomingMessage,
    id: string,
    address: ClientAddress,
    parts: {
      readonly params: unknown;
      readonly query: unknown;
      readonly headers: unknown;
      readonly body: unknown;
    },
  ) {
    this.id = id;
    this.params = parts.params;
    this.query = parts.query;
    this.headers = parts.headers;
    this.body = parts.body;
    this.method = req.method ?? 'GET';
    this.ip = address.ip;
    this.counted = address.counted;
    this.raw = req.headers;
  }

  /** What its browser says of itself, which may be anything but what a terminal obeys. */
  get agent(): string {
    return printable((this.raw['user-agent'] ?? '').slice(0, AGENT_LENGTH_MAX));
  }

  get bearer(): string | undefined {
    return bearerOf(this.raw);
  }

  cookie(name: string): string | undefined {
    return cookieOf(this.raw, name);
  }
}

/**
 * Holds a part of a request against its shape.
 *
 * @param where names the whole part where no member is at fault.
 * @param nameOf how a member is called where people read it.
 * @throws ScangateError `invalid_request`, naming the first member that does not fit.
 */
export function fitting(
  schema: z.ZodType | undefined,
  value: unknown,
  where: string,
  nameOf: (member: string) => string = (member) => member,
): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw new ScangateError('invalid_request', {
    field: path === '' ? where : nameOf(path),
    message: issue === undefined ? 'It does not fit.' : describe(issue, value),
  });
}

/** `last-event-id` as people write it: `Last-Event-ID`. */
export function headerName(lowerCase: string): string {
  return lowerCase
    .replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/-Id$/, '-ID')
    .replace(/^Dpop/, 'DPoP');
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  let found = value;
  for (const key of issue.path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  return found === undefined ? 'It is missing.' : `${issue.message}.`;
}
