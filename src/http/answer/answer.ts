/** What a route says, as a value: the edge alone writes it to the wire, as one string and one end. */
export interface Answer {
  readonly status: number;
  /** Several values of one name (`Set-Cookie`) are a list. Security headers are the edge's own. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON, text and bytes as they are. Absent: no body, for example with 204. */
  readonly body?: object | string | Buffer;
  /** The media type; by default `application/json` for an object, `text/plain; charset=utf-8` for text. */
  readonly type?: string;
}
