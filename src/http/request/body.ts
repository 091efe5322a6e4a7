import type { IncomingMessage } from 'node:http';
import { ScangateError } from '../../ticket/error.ts';
import { readParameters } from './parameters.ts';
import type { BodySpec } from './route.ts';

/** How deep JSON may nest. */
const DEPTH_MAX = 16;

const MEDIA_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

/**
 * Reads a request's body as its route takes it. No body at all is an object without members.
 *
 * @throws ScangateError `too_large`, `unsupported_media_type`, or `invalid_request` for bad UTF-8, bad JSON, nesting.
 */
export async function readBody(
  req: IncomingMessage,
  type: BodySpec['type'],
  maxBytes: number,
): Promise<unknown> {
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > maxBytes) throw tooLarge(maxBytes);
  if (length === 0 && req.headers['transfer-encoding'] === undefined) return {};
  checkMediaType(req, MEDIA_TYPES[type]);
  const text = utf8(await readBytes(req, maxBytes));
  if (type === 'form') return readParameters(text);
  return readJson(text);
}

function checkMediaType(req: IncomingMessage, wanted: string): void {
  const encoding = req.headers['content-encoding'];
  const [type = '', ...parameters] = (req.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='));
  const fits =
    type.trim() === wanted &&
    (charset === undefined || /^charset="?utf-?8"?$/.test(charset)) &&
    (encoding === undefined || encoding === 'identity');
  if (!fits) throw new ScangateError('unsupported_media_type', { message: `Send ${wanted} in UTF-8.` });
}

function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge(maxBytes));
    });
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const cut = (): void => {
      if (!req.complete)
        reject(new ScangateError('invalid_request', { field: 'body', message: 'The body was cut off.' }));
    };
    req.on('error', cut);
    req.on('close', cut);
  });
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badBody('The body is not UTF-8.');
  }
}

function readJson(text: string): unknown {
  if (isDeep(text)) throw badBody(`The body nests deeper than ${DEPTH_MAX}.`);
  try {
    return JSON.parse(text);
  } catch {
    throw badBody('The body is not JSON.');
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (quoted) {
      if (char === 0x5c) index += 1;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) depth += 1;
    else if (char === 0x7d || char === 0x5d) depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

function badBody(message: string): ScangateError {
  return new ScangateError('invalid_request', { field: 'body', message });
}

function tooLarge(maxBytes: number): ScangateError {
  return new ScangateError('too_large', { message: `A body has at most ${maxBytes} bytes.` });
}
