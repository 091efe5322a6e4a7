import type { CallOutward } from './outward.ts';

/** What a library says of the request that it wants made. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** Lets a library that brings its requests as `fetch` takes them call outward. @param bytesMax of an answer. */
export function outwardFetch(
  call: CallOutward,
  named: boolean,
  bytesMax: number,
): (address: string, request: FetchRequest) => Promise<Response> {
  return async (address, { method, headers, body, signal }) => {
    if (method !== 'GET' && method !== 'POST') throw new TypeError('only GET and POST are called outward');
    const {
      status,
      headers: answered,
      body: bytes,
    } = await call(address, {
      method,
      headers,
      bytesMax,
      named,
      ...(body === undefined || body === null ? {} : { body: textOf(body) }),
      ...(signal ? { signal } : {}),
    }).catch(asFetchFails);
    const told = Object.entries(answered).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    );
    const isEmpty = bytes.byteLength === 0;
    return new Response(isEmpty ? null : new Uint8Array(bytes), { status, headers: told });
  };
}

// Libraries tell a network that fails from an answer that is wrong by what `fetch` throws.
function asFetchFails(error: unknown): never {
  throw error instanceof DOMException ? error : new TypeError('fetch failed', { cause: error });
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  throw new TypeError('the body is of no kind that is called outward');
}
