import { createParser } from 'eventsource-parser';
import { connect } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip, constants } from 'node:zlib';
import { WebSocket } from 'ws';
import type { Minted, Notice } from '../support/signin.ts';

/** Ways to wait behind TLS. */
export const WAYS = ['SSE', 'SSE over HTTP/2', 'poll', 'poll over HTTP/2', 'WebSocket'] as const;
export type Way = (typeof WAYS)[number];

/** Waits for a ticket behind TLS, as a browser of today that takes compressed answers; ends with the outcome. */
export class SecureReader {
  readonly #ticket: Minted;
  readonly #ca: string;
  readonly #heard: { readonly notice: Notice; readonly atMs: number }[] = [];
  /** Why it ended, and whether anything was compressed. */
  readonly remarks: string[] = [];
  #waiting: (() => void) | undefined;
  #stop: () => void = () => {};
  #stopped = false;

  constructor(way: Way, ticket: Minted, ca: string) {
    this.#ticket = ticket;
    this.#ca = ca;
    const over2 = way.endsWith('HTTP/2');
    const run = async (): Promise<void> => {
      if (way === 'WebSocket') return this.#socket();
      if (way.startsWith('SSE')) return this.#stream(over2);
      return this.#polls(over2);
    };
    run().catch((error: unknown) => {
      if (!this.#stopped) this.remarks.push(String(error));
    });
  }

  /** When a notice of this status came, in the time of `performance.now`. */
  async told(status: Notice['status']): Promise<number> {
    for (;;) {
      const found = this.#heard.find(({ notice }) => notice.status === status);
      if (found !== undefined) return found.atMs;
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stop();
  }

  #hear(notice: Notice): void {
    this.#heard.push({ notice, atMs: performance.now() });
    this.#waiting?.();
  }

  async #get(
    link: string,
    over2: boolean,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Readable }> {
    const url = new URL(link);
    const headers = { ...this.#ticket.secretHeaders, 'accept-encoding': 'gzip' };
    if (!over2) {
      return new Promise((resolve, reject) => {
        const asking = request(url, { ca: this.#ca, agent: false, headers });
        this.#stop = () => asking.destroy();
        asking.on('error', reject);
        asking.on('response', (response) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: this.#plain(response, response.headers),
          }),
        );
        asking.end();
      });
    }
    const session = connect(url.origin, { ca: this.#ca });
    this.#stop = () => session.destroy();
    return new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':path': url.pathname + url.search, ...headers });
      stream.on('error', reject);
      stream.on('close', () => session.close());
      stream.on('response', (head) =>
        resolve({ status: head[':status'] ?? 0, headers: head, body: this.#plain(stream, head) }),
      );
    });
  }

  #plain(body: Readable, headers: IncomingHttpHeaders): Readable {
    const text =
      headers['content-encoding'] === 'gzip'
        ? body.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH }))
        : body;
    if (text !== body) this.remarks.push('compressed');
    return text.setEncoding('utf8');
  }

  async #stream(over2: boolean): Promise<void> {
    const { status, body } = await this.#get(this.#ticket.links.events, over2);
    if (status !== 200) throw new Error(`the stream was answered by ${status}`);
    const parser = createParser({ onEvent: ({ data }) => this.#hear(JSON.parse(data) as Notice) });
    for await (const text of body) parser.feed(text as string);
    this.remarks.push('end');
  }

  async #polls(over2: boolean): Promise<void> {
    while (!this.#stopped && this.#heard.at(-1)?.notice.advice.final !== true) {
      const url = new URL(this.#ticket.links.poll);
      const last = this.#heard.at(-1)?.notice.cursor;
      if (last !== undefined) url.searchParams.set('after', last);
      const { status, body } = await this.#get(url.href, over2);
      let text = '';
      for await (const chunk of body) text += chunk as string;
      if (status === 200) this.#hear(JSON.parse(text) as Notice);
      else if (status !== 204) throw new Error(`a poll was answered by ${status}`);
    }
    this.remarks.push('end');
  }

  #socket(): Promise<void> {
    const { links, secretHeaders } = this.#ticket;
    const socket = new WebSocket(links.socket, 'scangate.v1', { ca: this.#ca, headers: secretHeaders });
    this.#stop = () => socket.terminate();
    return new Promise((resolve, reject) => {
      socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString('utf8')) as Notice));
      socket.on('error', reject);
      socket.on('close', (code) => {
        this.remarks.push(String(code));
        resolve();
      });
    });
  }
}
