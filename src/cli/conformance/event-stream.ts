import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { sendRequest } from './exchange.ts';
import type { Asked } from './exchange.ts';

/** One line of a stream as it came, without its end, and when. */
export interface Line {
  readonly text: string;
  readonly atMs: number;
}

/** An event that a reader dispatches (WHATWG HTML, section 9.2.6). */
export interface StreamEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** What a stream tells whoever reads it. */
export interface StreamEars {
  readonly event?: (event: StreamEvent) => void;
  readonly ended?: () => void;
}

/** An event stream, read by the line. */
export class EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Every line so far. */
  readonly lines: Line[] = [];
  readonly openedAtMs = performance.now();
  readonly #response: IncomingMessage;
  readonly #ears: StreamEars;
  #rest = '';
  #event: { name: string; id: string | undefined; data: string[] } = {
    name: 'message',
    id: undefined,
    data: [],
  };

  private constructor(response: IncomingMessage, ears: StreamEars) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#response = response;
    this.#ears = ears;
    const body = plain(response);
    body.setEncoding('utf8');
    body.on('data', (text: string) => this.#take(text));
    body.on('error', () => undefined);
    response.on('close', () => ears.ended?.());
  }

  static async open(url: string, asked: Asked, ears: StreamEars = {}): Promise<EventStream> {
    const headers = { accept: 'text/event-stream', ...asked.headers };
    return new EventStream(await sendRequest(url, { ...asked, headers }), ears);
  }

  close(): void {
    this.#response.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push({ text: line, atMs: performance.now() });
      this.#read(line);
    }
  }

  #read(line: string): void {
    if (line === '') {
      const { name, id, data } = this.#event;
      this.#event = { name: 'message', id, data: [] };
      if (data.length > 0) this.#ears.event?.({ name, id, data: data.join('\n') });
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event.name = value;
    if (field === 'id') this.#event.id = value;
    if (field === 'data') this.#event.data.push(value);
  }
}

/** A proxy may compress what the gateway sent plain; then it must do so notice by notice. */
function plain(response: IncomingMessage): Readable {
  response.on('error', () => undefined);
  if (response.headers['content-encoding'] !== 'gzip') return response;
  return response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH }));
}
