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
export type Exchanged = Answered | undefined;

type Answered = Seen & { readonly text: string };

/** When an answer is first missed, and controls are asked; how late it is decides nothing. */
const POLL_MISSED_AFTER_MS = 20;
const MISSED_AFTER_MS = 10_000;
/** Asked one after the other: the gateway has answered as many whole requests that came behind the one that is missed. */
const POLL_CONTROLS = 3;
/** What is no poll may have more to do than a control has. */
const CONTROLS = 60;
const CONTROLS_EVERY_MS = 1000;
/** A gateway that does not answer controls either hangs. */
const HANGS_AFTER_MS = 300_000;

const LIVEZ: Sending = { method: 'GET', path: '/livez', headers: {} };

/**
 * Sends requests to one gateway over connections that are kept.
 *
 * Whether a request is held is judged by what the gateway does meanwhile, and not by a time, which a busy machine makes as long
 * as it likes: it is held where controls that were sent behind it, on other connections, are answered, and it is not.
 */
export class Sender {
  readonly #port: number;
  readonly #agent: Agent;
  readonly #controls = new Agent({ keepAlive: true });

  readonly #control: Sending;

  /** @param control what is asked where an answer is missed: the more of the gateway's work it takes, the surer is the judgement */
  constructor(url: string, connections: number, control: Sending = LIVEZ) {
    this.#port = Number(new URL(url).port);
    this.#control = control;
    // The one that was used last is used next: the fewest are kept, and none is idle for so long that it ends.
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' });
  }

  /** @throws Error where nothing is answered that must be, or the connection is cut. */
  async send(sending: Sending): Promise<Exchanged> {
    const waits = isPoll(sending);
    const asked = this.#ask(this.#agent, sending);
    try {
      // Before it has a connection of its own, it waits for other requests of ours.
      await Promise.race([asked.isSent, asked.answer]);
      if (await isIn(asked.answer, waits ? POLL_MISSED_AFTER_MS : MISSED_AFTER_MS)) return await asked.answer;
      const overtook: number[] = [];
      while (overtook.length < (waits ? POLL_CONTROLS : CONTROLS)) {
        overtook.push(await this.#statusOf(waits ? withoutWait(sending) : this.#control));
        if (await isIn(asked.answer, waits ? 0 : CONTROLS_EVERY_MS)) return await asked.answer;
      }
      // Only what is right as far as can be seen may be held: the same without waiting is not refused.
      if (waits && overtook.some((status) => status < 400)) return undefined;
      const behind = `${overtook.length} that came behind it were (${overtook.at(-1)})`;
      throw new Error(`${sending.method} ${sending.path}: not answered, but ${behind}`);
    } finally {
      asked.abandon();
    }
  }

  close(): void {
    this.#agent.destroy();
    this.#controls.destroy();
  }

  async #statusOf(sending: Sending): Promise<number> {
    const { answer, abandon } = this.#ask(this.#controls, sending);
    if (await isIn(answer, HANGS_AFTER_MS)) return (await answer).status;
    abandon();
    throw new Error(`${sending.method} ${sending.path}: no answer, and none to what came before it`);
  }

  /** Asks. To abandon it once it is answered changes nothing. */
  #ask(
    agent: Agent,
    { method, path, headers, body }: Sending,
  ): { readonly answer: Promise<Answered>; readonly isSent: Promise<void>; readonly abandon: () => void } {
    const to = { host: '127.0.0.1', port: this.#port, agent, setHost: false, method, path };
    // Node says no length for methods that usually have no body.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ ...to, headers: { host: `localhost:${this.#port}`, ...length, ...headers } });
    let isOver = false;
    const answer = new Promise<Answered>((resolve, reject) => {
      sent.on('error', (error: NodeJS.ErrnoException) => {
        isOver = true;
        reject(new Error(`${method} ${path}: ${error.code ?? error.message}`));
      });
      sent.on('response', (response) => {
        const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
        if (isStream) sent.destroy();
        readAll(response, isStream)
          .then((text) => {
            isOver = true;
            return { ...seenOf(method, path, response, isStream ? undefined : text), text };
          })
          .then(resolve, reject);
      });
    });
    answer.catch(() => undefined);
    const isSent = new Promise<void>((resolve) => sent.once('finish', resolve));
    sent.end(body);
    return { answer, isSent, abandon: () => void (isOver || sent.destroy()) };
  }
}

const isPoll = ({ path }: Sending): boolean => /\/poll(\?|$)/.test(path);

/** The same poll, that is answered at once. */
function withoutWait(sending: Sending): Sending {
  const [path, ...rest] = sending.path.split('?');
  const others = rest
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('wait='));
  return { ...sending, path: `${path}?${[...others, 'wait=0'].join('&')}` };
}

/** Whether it is settled by then. */
async function isIn(answer: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  const settled = answer.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
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
