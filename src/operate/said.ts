/** What a request of an operator is answered with. */
export interface Said {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function json(status: number, value: object): Said {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** A problem (RFC 9457). */
export function problem(
  status: number,
  { code, title, field }: { readonly code: string; readonly title: string; readonly field?: string },
): Said {
  const body = { type: 'about:blank', title, status, code, ...(field === undefined ? {} : { field }) };
  return { status, type: 'application/problem+json', body: JSON.stringify(body) };
}
