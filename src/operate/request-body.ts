import type { IncomingMessage } from 'node:http';
import { RefusedRequest } from './refused-request.ts';

const BODY_BYTES_MAX = 4096;

/** The body of a request of this media type, as text. @throws {@link RefusedRequest} for another, and for one that is too large. */
export async function bodyOf(req: IncomingMessage, type: string): Promise<string> {
  const given = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new RefusedRequest(415, `it takes ${type}`);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new RefusedRequest(400, `at most ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** The JSON in a body. @throws {@link RefusedRequest} where there is none. */
export async function jsonOf(req: IncomingMessage): Promise<unknown> {
  const text = await bodyOf(req, 'application/json');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RefusedRequest(400, 'the body is no JSON');
  }
}
