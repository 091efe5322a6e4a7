import type { IncomingMessage } from 'node:http';
import { ScangateError } from '../../ticket/error.ts';
import { readParameters } from './parameters.ts';
import type { BodySpec } from './route.ts';

/** How deep JSON may nest. */
const DEPTH_MAX = 16;

const MEDIA_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

/** The media types that a body may come in, the first one for choice. */
export function mediaTypesOf(spec: BodySpec): readonly [string, ...string[]] {
  return spec.type === 'text' ? spec.mediaTypes : [MEDIA_TYPES[spec.type]];
}

/**
 * Reads a request's body as its route takes it. No body at all is an object without members, or an empty text. A byte
 * order mark in front is read over (RFC 8259 §8.1).
 *
 * @param bytesMax where the route names no bound of its own.
 * @throws ScangateError `too_large`, `unsupported_media_type`, or `invalid_request` for bad UTF-8, bad JSON, nesting.
 */
export async function readBody(req: IncomingMessage, spec: BodySpec, bytesMax: number): Promise<unknown> {
  const length = Number(req.headers['content-length'] ?? 0);
  const bound = spec.bytesMax ?? bytesMax;
  if (length > bound) throw tooLarge(bound);
  if (length === 0 && req.headers['transfer-encoding'] === undefined) return spec.type === 'text' ? '' : {};
  checkMediaType(req, mediaTypesOf(spec));
  const text = utf8(await readBytes(req, bound));
  if (spec.type === 'text') return text;
  return spec.type === 'form' ? readParameters(text) : readJson(text);
}

function checkMediaType(req: IncomingMessage, wanted: readonly string[]): void {
  const encoding = req.headers['content-encoding'];
  const [type = '', ...parameters] = (req.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='));
  const fits =
    wanted.includes(type.trim()) &&
    (charset === undefined || /^charset="?utf-?8"?$/.test(charset)) &&
    (encoding === undefined || encoding === 'identity');
  if (!fits)
    throw new ScangateError('unsupported_media_type', { message: `Send ${wanted.join(' or ')} in UTF-8.` });
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
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
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
