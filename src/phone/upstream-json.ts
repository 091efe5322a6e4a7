import { OutwardRefusal } from '../outward/outward.ts';
import type { CallOutward } from '../outward/outward.ts';
import { UpstreamRefusal } from './breaker.ts';

/** What is sent, and how much may come back. */
export interface UpstreamRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** The operator wrote the address into the gateway's own settings. */
  readonly named: boolean;
  /** The largest answer, in bytes; 256 KiB where it is silent. */
  readonly bytesMax?: number;
}

const BYTES_MAX = 262_144;

/**
 * Reads JSON from an upstream. Redirects are not followed.
 *
 * @throws {@link UpstreamRefusal} for an address that is not asked, and for a 4xx other than 408 and 429; any other error is
 * worth another try.
 */
export async function readJson(
  call: CallOutward,
  address: string,
  request: UpstreamRequest,
): Promise<unknown> {
  const { headers = {}, bytesMax = BYTES_MAX, ...more } = request;
  const asked = { ...more, headers: { accept: 'application/json', ...headers }, bytesMax };
  const { status, body } = await call(address, asked).catch(refusalOf);
  if (status >= 200 && status < 300) return parseJson(body);
  const final = status >= 400 && status < 500 && status !== 408 && status !== 429;
  throw final ? new UpstreamRefusal(`status ${status}`) : new Error(`status ${status}`);
}

// No repetition makes an address one that may be asked.
function refusalOf(error: unknown): never {
  throw error instanceof OutwardRefusal ? new UpstreamRefusal(error.message) : error;
}

/** Parses JSON in UTF-8, over a byte order mark in front. @throws SyntaxError */
export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
