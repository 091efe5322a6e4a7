import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import { call, expectStatus } from './call.ts';
import { at, endsWatch } from './signin.ts';
import type { Minted, Notice } from './signin.ts';
import { within } from './until.ts';

export const TRANSPORTS = ['events', 'poll', 'socket'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** How a browser watches. */
export interface WatchOptions {
  /** Gateways or proxies, taken in turn with each new connection; where the ticket was minted by default. */
  readonly bases?: readonly string[];
  /** The cursor to begin after. */
  readonly after?: string;
  /** False: one connection (or one poll) only, and `final` is refused when it ends without an outcome. */
  readonly reconnect?: boolean;
  /** A bound on the whole watch. */
  readonly withinMs?: number;
  /** How long one poll waits, in seconds. */
  readonly waitS?: number;
  /** Called with each notice as it comes. */
  readonly onNotice?: (notice: Notice) => void;
  /** Called with how each connection ended, as in {@link Watching.endings}. */
  readonly onEnding?: (ending: string) => void;
  /** The pause before it connects again. */
  readonly reconnectMs?: number;
}

/** A browser that watches until its ticket has an outcome. */
export interface Watching {
  /** All that it was told, in order. */
  readonly notices: readonly Notice[];
  /** How each connection ended: `204`, `end`, a close code, an error's message. */
  readonly endings: readonly string[];
  /** Connections that were opened (polls that were sent). */
  connections(): number;
  /** Comments (SSE) or pings (socket) that came. */
  heartbeats(): number;
  /** The notice that ended the watch. */
  readonly final: Promise<Notice>;
  /** Waits for a notice of this status. */
  told(status: Notice['status'], withinMs?: number): Promise<Notice>;
  stop(): void;
}

interface Connection {
  readonly ticket: Minted;
  readonly base: string | undefined;
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  readonly waitS: number;
  readonly tell: (notice: Notice, eventId?: string) => void;
  readonly beat: () => void;
}

const RECONNECT_MS = 25;

/** Watches over one of the three transports, as a client of today would. */
export function watch(transport: TransportName, ticket: Minted, options: WatchOptions = {}): Watching {
  const { reconnect = true, withinMs = 60_000, waitS = 25, bases = [], reconnectMs = RECONNECT_MS } = options;
  const notices: Notice[] = [];
  const endings: string[] = [];
  const waiting = new Set<() => void>();
  const stopper = new AbortController();
  let opened = 0;
  let heartbeats = 0;

  const outcome = (): Notice | undefined => {
    const last = notices.at(-1);
    return last !== undefined && endsWatch(last.status) ? last : undefined;
  };
  const tell = (notice: Notice, eventId?: string): void => {
    if (eventId !== undefined && eventId !== notice.cursor) {
      throw new Error(`the event's id ${eventId} is not the notice's cursor ${notice.cursor}`);
    }
    notices.push(notice);
    options.onNotice?.(notice);
    for (const wake of waiting) wake();
  };
  const connect = CONNECT[transport];
  const run = async (): Promise<Notice> => {
    while (!stopper.signal.aborted) {
      const base = bases.length === 0 ? undefined : bases[opened % bases.length];
      const after = notices.at(-1)?.cursor ?? options.after;
      opened += 1;
      const beat = (): void => void (heartbeats += 1);
      const connection = { ticket, base, after, signal: stopper.signal, waitS, tell, beat };
      const ending = await connect(connection).catch((error: unknown) => describe(error));
      endings.push(ending);
      options.onEnding?.(ending);
      const last = outcome();
      if (last) return last;
      if (!reconnect) break;
      await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
    throw new Error(`the watch ended without an outcome (${endings.slice(-5).join(', ')})`);
  };
  const final = within(run(), withinMs, `the outcome of ${ticket.ticketId}`).finally(() => stopper.abort());
  final.catch(() => {}); // whoever needs the outcome awaits it; others only read the notices

  return {
    notices,
    endings,
    connections: () => opened,
    heartbeats: () => heartbeats,
    final,
    told: async (status, limitMs = 30_000) => {
      const find = (): Notice | undefined => notices.find((notice) => notice.status === status);
      let wake = (): void => {};
      const seen = new Promise<Notice>((resolve) => {
        wake = () => {
          const found = find();
          if (found) resolve(found);
        };
      });
      waiting.add(wake);
      wake();
      const ended = final.then(
        () => find() ?? Promise.reject(new Error(`the watch ended without ${status}`)),
      );
      ended.catch(() => {});
      return within(Promise.race([seen, ended]), limitMs, `a notice of ${status}`).finally(() => {
        waiting.delete(wake);
      });
    },
    stop: () => stopper.abort(),
  };
}

const CONNECT: Record<TransportName, (connection: Connection) => Promise<string>> = {
  events: readEvents,
  poll: pollOnce,
  socket: readSocket,
};

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

async function readEvents({ ticket, base, after, signal, tell, beat }: Connection): Promise<string> {
  const response = await fetch(at(base, ticket.links.events), {
    headers: {
      ...ticket.secretHeaders,
      accept: 'text/event-stream',
      ...(after !== undefined && { 'last-event-id': after }),
    },
    signal,
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    return String(response.status);
  }
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      if (event !== 'ticket') throw new Error(`an event named ${event}`);
      tell(JSON.parse(data) as Notice, id);
    },
    onComment: beat,
    onError: (error) => {
      throw error;
    },
  });
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
  return 'end';
}

async function pollOnce({ ticket, base, after, signal, waitS, tell }: Connection): Promise<string> {
  const url = new URL(at(base, ticket.links.poll));
  if (after !== undefined) url.searchParams.set('after', after);
  url.searchParams.set('wait', String(waitS));
  const answer = await call<Notice>(url.href, { headers: ticket.secretHeaders, signal });
  if (answer.status === 200) tell(expectStatus(answer, 200));
  return String(answer.status);
}

function readSocket({ ticket, base, after, signal, tell, beat }: Connection): Promise<string> {
  const url = new URL(at(base, ticket.links.socket));
  url.protocol = url.protocol.replace('http', 'ws');
  if (after !== undefined) url.searchParams.set('after', after);
  const byCookie = ticket.binding === 'cookie';
  const socket = new WebSocket(url, 'scangate.v1', {
    ...(byCookie && {
      headers: { cookie: ticket.secretHeaders['cookie']! },
      origin: new URL(ticket.links.self).origin,
    }),
  });
  const stop = (): void => socket.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<string>((resolve, reject) => {
    socket.on('open', () => {
      if (!byCookie) socket.send(JSON.stringify({ bearer: ticket.secret }));
    });
    socket.on('ping', beat);
    socket.on('message', (data: Buffer) => {
      try {
        tell(JSON.parse(data.toString('utf8')) as Notice);
      } catch (error) {
        reject(error);
        socket.terminate();
      }
    });
    socket.on('error', (error) => reject(error));
    socket.on('close', (code) => resolve(String(code)));
  }).finally(() => signal.removeEventListener('abort', stop));
}
