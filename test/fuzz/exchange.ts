import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Seen } from '../http/openapi-check.ts';

/** A request to send: its path with the query, its headers and body as they go over the wire. */
export interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | undefined;
}

/** What came back; undefined where the gateway holds the connection, as it may where a browser waits. */
export type Exchanged = (Seen & { readonly text: string }) | undefined;

const ANSWER_WITHIN_MS = 20_000;
/** A poll that is not answered by now waits, as it was asked to. */
const HELD_AFTER_MS = 300;

/** Sends requests to one gateway over connections that are kept. */
export class Sender {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#port = Number(new URL(url).port);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws Error where nothing is answered in time, or the connection is cut. */
  send({ method, path, headers, body }: Sending): Promise<Exchanged> {
    const waits = /\/poll(\?|$)/.test(path);
    return new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port: this.#port, agent: this.#agent, setHost: false, method, path };
      // Node says no length for methods that usually have no body.
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const sent = request({ ...to, headers: { host: `localhost:${this.#port}`, ...length, ...headers } });
      const timer = setTimeout(
        () => {
          sent.destroy();
          if (waits) resolve(undefined);
          else reject(new Error(`${method} ${path}: no answer`));
        },
        waits ? HELD_AFTER_MS : ANSWER_WITHIN_MS,
      );
      sent.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(new Error(`${method} ${path}: ${error.code ?? error.message}`));
      });
      sent.on('response', (response) => {
        const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
        if (isStream) sent.destroy();
        readAll(response, isStream)
          .finally(() => clearTimeout(timer))
          .then((text) => ({ ...seenOf(method, path, response, isStream ? undefined : text), text }))
          .then(resolve, reject);
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readAll(response: IncomingMessage, isStream: boolean): Promise<string> {
  if (isStream) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

function seenOf(method: string, path: string, response: IncomingMessage, body: string | undefined): Seen {
  return {
    method,
    path: path.split('?', 1)[0] ?? '',
    status: response.statusCode ?? 0,
    type: response.headers['content-type'],
    headers: response.headers,
    body: body === undefined ? undefined : Buffer.from(body, 'latin1').toString('utf8'),
  };
}
