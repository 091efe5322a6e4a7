/** One HTTP request of the phone's. */
export interface PhoneRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/** What came back, whatever the status. */
export interface PhoneResponse {
  readonly status: number;
  /** A header by its name in lower case. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** Sends one request, once. It rejects where no whole answer came. */
export type PhoneTransport = (request: PhoneRequest) => Promise<PhoneResponse>;

/** By `fetch`: browsers, Node, React Native. */
export function fetchTransport(): PhoneTransport {
  return async ({ method, url, headers, body, timeoutMs }) => {
    const bound = new AbortController();
    const timer = setTimeout(() => bound.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers },
        credentials: 'omit',
        redirect: 'error',
        signal: bound.signal,
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: text,
      };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The shape that `wx.request` (WeChat), `uni.request` (uni-app) and `my.request` of their like share. */
export type ProgramRequest = (options: {
  url: string;
  method: 'GET' | 'POST' | 'DELETE';
  header: Record<string, string>;
  data?: string;
  dataType: string;
  responseType: 'text';
  timeout: number;
  success(result: { statusCode: number; data: unknown; header?: Record<string, unknown> }): void;
  fail(problem: unknown): void;
}) => unknown;

/**
 * By a mini program's own request: `programTransport((options) => wx.request(options))`. Answers are taken as text: such a
 * request would parse JSON itself, and give whatever it could not parse as if it were the answer.
 */
export function programTransport(request: ProgramRequest): PhoneTransport {
  return ({ method, url, headers, body, timeoutMs }) =>
    new Promise((resolve, reject) => {
      request({
        url,
        method,
        header: { ...headers },
        ...(body === undefined ? {} : { data: body }),
        dataType: 'text',
        responseType: 'text',
        timeout: timeoutMs,
        success: ({ statusCode, data, header = {} }) =>
          resolve({
            status: statusCode,
            header: (name) => headerIn(header, name),
            body: typeof data === 'string' ? data : JSON.stringify(data ?? ''),
          }),
        fail: (problem) => reject(problem instanceof Error ? problem : new Error('the request failed')),
      });
    });
}

function headerIn(header: Readonly<Record<string, unknown>>, name: string): string | undefined {
  for (const key of Object.keys(header)) {
    const value = header[key];
    if (key.toLowerCase() === name) return typeof value === 'string' ? value : undefined;
  }
  return undefined;
}
