/** What a request sends besides its address. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly withinMs?: number;
}

/** An answer over real HTTP: `body` is the JSON of it as the caller expects it, or undefined where there is none. */
export interface Answer<T = Readonly<Record<string, unknown>>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** Any status is an answer. A redirect is one too: none is followed. */
export async function call<T = Readonly<Record<string, unknown>>>(
  url: string,
  { method, headers = {}, json, form, signal, withinMs = 70_000 }: CallOptions = {},
): Promise<Answer<T>> {
  const body = json !== undefined ? JSON.stringify(json) : form === undefined ? undefined : formOf(form);
  const type =
    json !== undefined
      ? 'application/json'
      : form === undefined
        ? undefined
        : 'application/x-www-form-urlencoded';
  const limit = AbortSignal.timeout(withinMs);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
    redirect: 'manual',
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  const parsed = isJson && text !== '' ? (JSON.parse(text) as T) : (undefined as T);
  return { status: response.status, headers: response.headers, body: parsed, text };
}

/** The body of an answer that has one of these statuses; else an error that shows the answer. */
export function expectStatus<T>(answer: Answer<T>, ...statuses: readonly number[]): T {
  if (!statuses.includes(answer.status)) {
    throw new Error(`expected ${statuses.join(' or ')}, the answer was ${answer.status} ${answer.text}`);
  }
  return answer.body;
}

function formOf(form: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}
