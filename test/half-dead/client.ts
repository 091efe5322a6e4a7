import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { Notice } from '../support/signin.ts';

const WITHIN_MS = 20_000;

/** A client that asks from an address of its own (`fetch` cannot), and gives up after 20 s. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #common: RequestOptions;

  constructor(port: number, localAddress: string) {
    const signal = AbortSignal.timeout(WITHIN_MS);
    this.#common = { agent: this.#agent, port, host: '127.0.0.1', localAddress, signal };
  }

  /** @throws where the answer has another status, or none comes. */
  async post<T>(
    path: string,
    expected: number,
    {
      json,
      form = {},
      headers,
    }: {
      readonly json?: object;
      readonly form?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<T> {
    const body = json === undefined ? String(new URLSearchParams(form)) : JSON.stringify(json);
    const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
    const length = String(Buffer.byteLength(body));
    const answer = await this.#answer(
      { path, method: 'POST', headers: { 'content-type': type, 'content-length': length, ...headers } },
      body,
    );
    const said = await textOf(answer);
    if (answer.statusCode !== expected) throw new Error(`${path}: ${answer.statusCode} ${said}`);
    return JSON.parse(said) as T;
  }

  /** Waits by an event stream. */
  watch(
    path: string,
    headers: Readonly<Record<string, string>>,
  ): { readonly isOpen: Promise<void>; readonly confirmed: Promise<Notice> } {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const confirmed = (async () => {
      const answer = await this.#answer({ path, headers });
      let said = '';
      for await (const part of answer.setEncoding('utf8')) {
        open();
        said += String(part);
        const notice = /^data: *(\{.*"status":"confirmed".*\})$/m.exec(said)?.[1];
        if (notice !== undefined) return JSON.parse(notice) as Notice;
      }
      throw new Error(`${path}: ended without an outcome (${answer.statusCode}): ${said}`);
    })();
    return { isOpen: Promise.race([opened, confirmed.then(() => undefined)]), confirmed };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #answer(asked: RequestOptions, body?: string): Promise<IncomingMessage> {
    const sent = request({ ...this.#common, ...asked });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return answer;
  }
}
