import { WebSocket } from 'ws';
import { NotSo } from './verdict.ts';
import { AT_ONCE_MS, exchange } from './exchange.ts';
import { EventStream } from './event-stream.ts';
import type { Notice } from './notice.ts';
import type { Ticket } from './ticket.ts';

export const TRANSPORTS = ['events', 'poll', 'socket'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What a transport said: a notice, that there is nothing to wait for any more, that it ended, or no. */
export type Word =
  | { readonly says: 'notice'; readonly notice: Notice }
  | { readonly says: 'stop' | 'end' | 'refused'; readonly how: string };

/** How a watch begins. */
export interface WatchAsked {
  readonly after?: string;
  /** In place of the ticket's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one poll waits, in seconds. */
  readonly waitS?: number;
}

/** Shorter than this, a poll that asked for a longer wait was answered at once. */
const WAITED_MS = 900;

/** One connection (or one chain of polls) that waits for a ticket. What it is told comes out word by word. */
export class Watch {
  readonly #words: Word[] = [];
  readonly #closers: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** The next word; undefined when nothing was said for so long. */
  async next(withinMs = AT_ONCE_MS): Promise<Word | undefined> {
    if (this.#words.length === 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    return this.#words.shift();
  }

  /** The next word, which must be a notice. @throws NotSo */
  async notice(withinMs = AT_ONCE_MS): Promise<Notice> {
    const word = await this.next(withinMs);
    if (word === undefined) throw new NotSo(`nothing was told within ${withinMs} ms`);
    if (word.says !== 'notice') throw new NotSo(`no notice came but ${word.says} (${word.how})`);
    return word.notice;
  }

  /** @throws NotSo when anything is said within this time. */
  async quiet(ms: number): Promise<void> {
    const word = await this.next(ms);
    if (word !== undefined) throw new NotSo(`it was told ${describe(word)}, where nothing was to tell`);
  }

  say(word: Word): void {
    if (this.#closed) return;
    this.#words.push(word);
    this.#wake?.();
  }

  /** Registers what ends the connection. */
  onClose(close: () => void): void {
    if (this.#closed) close();
    else this.#closers.push(close);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    for (const close of this.#closers) close();
  }
}

/** A word for people. */
export function describe(word: Word | undefined): string {
  if (word === undefined) return 'nothing';
  return word.says === 'notice'
    ? `${word.notice.status} ${word.notice.cursor}`
    : `${word.says} (${word.how})`;
}

/** Opens a watch; hand it to {@link withWatch} where it can be, which closes it. */
export function openWatch(transport: Transport, ticket: Ticket, asked: WatchAsked = {}): Watch {
  const watch = new Watch();
  OPENERS[transport](watch, ticket, asked);
  return watch;
}

/** A watch for as long as `work` needs it. */
export async function withWatch<T>(
  transport: Transport,
  ticket: Ticket,
  asked: WatchAsked,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const watch = openWatch(transport, ticket, asked);
  try {
    return await work(watch);
  } finally {
    watch.close();
  }
}

const OPENERS: Record<Transport, (watch: Watch, ticket: Ticket, asked: WatchAsked) => void> = {
  events: (watch, ticket, asked) => {
    readStream(watch, ticket, asked).catch((error: unknown) => watch.say(failure(error)));
  },
  poll: (watch, ticket, asked) => {
    pollOn(watch, ticket, asked).catch((error: unknown) => watch.say(failure(error)));
  },
  socket: readSocket,
};

function failure(error: unknown): Word {
  return { says: 'refused', how: error instanceof Error ? error.message : String(error) };
}

async function readStream(watch: Watch, ticket: Ticket, { after, headers }: WatchAsked): Promise<void> {
  let isStream = false;
  const stream = await EventStream.open(
    ticket.links.events,
    { headers: { ...(headers ?? ticket.proof), ...(after !== undefined && { 'last-event-id': after }) } },
    {
      event: ({ name, id, data }) => {
        const notice = JSON.parse(data) as Notice;
        if (name !== 'ticket' || id !== notice.cursor)
          watch.say({ says: 'refused', how: `an event ${name} with id ${String(id)}` });
        else watch.say({ says: 'notice', notice });
      },
      ended: () => {
        if (isStream) watch.say({ says: 'end', how: 'end of stream' });
      },
    },
  );
  watch.onClose(() => stream.close());
  isStream = stream.status === 200;
  if (stream.status === 204) watch.say({ says: 'stop', how: '204' });
  else if (!isStream) watch.say({ says: 'refused', how: String(stream.status) });
}

async function pollOn(watch: Watch, ticket: Ticket, asked: WatchAsked): Promise<void> {
  const waitS = asked.waitS ?? 4;
  for (let { after } = asked; !watch.closed;) {
    const url = new URL(ticket.links.poll);
    url.searchParams.set('wait', String(waitS));
    if (after !== undefined) url.searchParams.set('after', after);
    const answer = await exchange(url.href, {
      headers: asked.headers ?? ticket.proof,
      withinMs: waitS * 1000 + 5000 + AT_ONCE_MS,
    });
    const notice = answer.body as unknown as Notice;
    if (answer.status === 200) watch.say({ says: 'notice', notice });
    else if (answer.status !== 204) watch.say({ says: 'refused', how: String(answer.status) });
    else if (answer.tookMs < WAITED_MS) watch.say({ says: 'stop', how: '204' });
    if (answer.status !== 200 && (answer.status !== 204 || answer.tookMs < WAITED_MS)) return;
    after = answer.status === 200 ? notice.cursor : after;
  }
}

/** The bearer goes in the first message, as a page must do it; cookies go in the handshake. */
function readSocket(watch: Watch, ticket: Ticket, { after, headers }: WatchAsked): void {
  const url = new URL(ticket.links.socket);
  if (after !== undefined) url.searchParams.set('after', after);
  const proof = headers ?? ticket.proof;
  const { authorization, ...others } = proof;
  const socket = new WebSocket(url, 'scangate.v1', { headers: others, handshakeTimeout: AT_ONCE_MS });
  watch.onClose(() => socket.terminate());
  socket.on('open', () => {
    if (authorization !== undefined)
      socket.send(JSON.stringify({ bearer: authorization.replace('Bearer ', '') }));
  });
  socket.on('message', (data: Buffer) =>
    watch.say({ says: 'notice', notice: JSON.parse(data.toString('utf8')) as Notice }),
  );
  socket.on('unexpected-response', (_request, response) => {
    watch.say({ says: 'refused', how: String(response.statusCode) });
    response.resume();
  });
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    const how = String(code);
    if (code === 1000) watch.say({ says: 'stop', how });
    else if (code !== 1006) watch.say({ says: code >= 4000 ? 'refused' : 'end', how });
    else watch.say({ says: 'end', how });
  });
}
