import { request as plainRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';

/** What a request sends besides its address. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly withinMs?: number;
}

/** One answer, whole. */
export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON of it; an empty object where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** From the first byte sent to the last one received. */
  readonly tookMs: number;
}

/** How long anything may take that is answered at once, on a slow line. */
export const AT_ONCE_MS = 10_000;

/** Sends a request without any header that was not asked for (`fetch` adds its own) and gives the answer as it begins. */
export function sendRequest(url: string, asked: Asked = {}): Promise<IncomingMessage> {
  const form = asked.form === undefined ? undefined : formOf(asked.form);
  const body = form ?? (asked.json === undefined ? undefined : JSON.stringify(asked.json));
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const send = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      agent: false,
      method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
        ...asked.headers,
      },
    });
    const late = setTimeout(
      () =>
        request.destroy(
          new Error(`${new URL(url).pathname} was not answered within ${asked.withinMs ?? 0} ms`),
        ),
      asked.withinMs ?? AT_ONCE_MS,
    );
    request.on('response', (response) => {
      clearTimeout(late);
      resolve(response);
    });
    request.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    request.end(body);
  });
}

/** Sends a request and reads the whole answer. */
export async function exchange(url: string, asked: Asked = {}): Promise<Exchange> {
  const begun = performance.now();
  const withinMs = asked.withinMs ?? AT_ONCE_MS;
  const response = await sendRequest(url, { ...asked, withinMs });
  const late = setTimeout(() => response.destroy(new Error('the answer does not end')), withinMs);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const { statusCode = 0, headers } = response;
    return { status: statusCode, headers, text, body: jsonOf(text), tookMs: performance.now() - begun };
  } finally {
    clearTimeout(late);
  }
}

function formOf(form: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
