/** What a request of an operator is answered with. */
export interface Said {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  /** In the place of what every answer has, or besides. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const TEXT = 'text/plain; charset=utf-8';

/** One line of text. */
export function line(status: number, text: string): Said {
  return { status, type: TEXT, body: `${text}\n` };
}

export function json(status: number, value: object): Said {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** A problem (RFC 9457). */
export function problem(
  status: number,
  {
    code,
    ...said
  }: { readonly code: string; readonly title: string; readonly detail?: string; readonly field?: string },
): Said {
  const body = { type: `urn:scangate:problem:${code}`, status, code, ...said };
  return { status, type: 'application/problem+json', body: JSON.stringify(body) };
}
