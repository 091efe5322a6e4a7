import type { ServerResponse } from 'node:http';
import { markOf } from '../../telemetry/access-log.ts';
import type { Answer } from './answer.ts';
import type { Header } from './security-headers.ts';

/**
 * Writes an answer: one head, one string, one end. Nothing is cached unless the answer says so itself. A header of the
 * answer's own takes the place of one that every answer has.
 *
 * @param base headers that every answer has.
 * @param withBody false for a HEAD: the length is told, the body is not.
 */
export function send(
  res: ServerResponse,
  answer: Answer,
  base: readonly (readonly Header[])[],
  withBody: boolean,
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const body = bodyOf(answer);
  const headers: string[] = [];
  const own = Object.entries(answer.headers ?? {});
  const named = own.length === 0 ? undefined : new Set(own.map(([name]) => name.toLowerCase()));
  for (const list of base)
    for (const [name, value] of list) if (named?.has(name.toLowerCase()) !== true) headers.push(name, value);
  let caching = false;
  for (const [name, value] of own) {
    if (name.toLowerCase() === 'cache-control') caching = true;
    for (const one of typeof value === 'string' ? [value] : value) headers.push(name, one);
  }
  if (!caching) headers.push('Cache-Control', 'no-store');
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (body !== undefined) headers.push('Content-Type', typeOf(answer), 'Content-Length', String(bytes));
  else if (answer.status !== 204 && answer.status !== 304) headers.push('Content-Length', '0');
  const mark = markOf(res);
  if (mark !== undefined) mark.bytes = withBody ? bytes : 0;
  res.writeHead(answer.status, headers);
  res.end(withBody ? body : undefined);
}

function bodyOf({ body }: Answer): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

function typeOf({ body, type }: Answer): string {
  if (type !== undefined) return type;
  if (typeof body === 'string') return 'text/plain; charset=utf-8';
  return Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
}
