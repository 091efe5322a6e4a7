import { UpstreamRefusal } from './breaker.ts';

/** What is sent, and how much may come back. */
export interface UpstreamRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** The largest answer, in bytes; 256 KiB where it is silent. */
  readonly bytesMax?: number;
}

const BYTES_MAX = 262_144;

/**
 * Reads JSON from an upstream. Redirects are not followed.
 *
 * @throws {@link UpstreamRefusal} for a 4xx other than 408 and 429; any other error is worth another try.
 */
export async function readJson(address: string, request: UpstreamRequest): Promise<unknown> {
  const { method = 'GET', headers = {}, body, signal, bytesMax = BYTES_MAX } = request;
  const response = await fetch(address, {
    method,
    headers: { accept: 'application/json', ...headers },
    redirect: 'error',
    signal,
    ...(body === undefined ? {} : { body }),
  });
  const bytes = await readBytes(response, bytesMax);
  if (response.ok) return parseJson(bytes);
  const { status } = response;
  const final = status >= 400 && status < 500 && status !== 408 && status !== 429;
  throw final ? new UpstreamRefusal(`status ${status}`) : new Error(`status ${status}`);
}

/** Parses JSON in UTF-8, over a byte order mark in front. @throws SyntaxError */
export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

async function readBytes(response: Response, bytesMax: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > bytesMax) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
