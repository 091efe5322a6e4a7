import type { Notice } from '../../src/web/client/notice.ts';
import type {
  EventSourceLike,
  HttpRequest,
  HttpResponse,
  Platform,
  SocketLike,
  Wake,
} from '../../src/web/client/platform.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

type Handler<T> = ((event: T) => void) | null;

/** A connection the client opened, from the gateway's end. */
export interface Held {
  readonly kind: 'socket' | 'events';
  readonly url: string;
  open: boolean;
  say(notice: Notice): void;
  /** Closes a socket with a code; an EventSource dies as of a 502. */
  close(code: number): void;
}

/** A gateway with one ticket, and a network that tests break. */
export interface FakeGateway {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  /** The ticket as it is; tests change it. */
  notice: Notice;
  /** Statuses answered in place of the ticket, 0 for no answer. */
  status: number;
  /** Whether a held connection is told the state as it opens. */
  greets: boolean;
  /** Whether polls and inquiries are answered at once; a poll with the present cursor waits. */
  readonly asked: string[];
  readonly held: Held[];
  /** The newest open connection. */
  last(): Held;
  move(notice: Partial<Notice>): void;
  wake(wake: Wake): void;
}

export function createFakeGateway(): FakeGateway {
  const clock = createVirtualClock();
  const wakes = new Set<(wake: Wake) => void>();
  const held: Held[] = [];
  const asked: string[] = [];
  const first: Notice = { ticket_id: 'T', status: 'pending', cursor: '1-11', expires_in_ms: 120000 };

  function hold(
    kind: Held['kind'],
    url: string,
    told: { say: (text: string) => void; end: (code: number) => void },
  ): Held {
    const connection: Held = {
      kind,
      url,
      open: true,
      say: (notice) => connection.open && told.say(JSON.stringify(notice)),
      close(code) {
        if (!connection.open) return;
        connection.open = false;
        told.end(code);
      },
    };
    held.push(connection);
    clock.after(1, () => gateway.greets && !/after=/.test(url) && connection.say(gateway.notice));
    return connection;
  }

  function openSocket(url: string): SocketLike {
    const socket = {
      onopen: null as Handler<never>,
      onmessage: null as Handler<never>,
      onclose: null as Handler<never>,
      send() {},
      close() {
        connection.open = false;
      },
    };
    const connection = hold('socket', url, {
      say: (data) => (socket.onmessage as Handler<{ data: string }>)?.({ data }),
      end: (code) => (socket.onclose as Handler<{ code: number }>)?.({ code }),
    });
    return socket;
  }

  function openEventSource(url: string): EventSourceLike {
    let listener: (event: { data: string }) => void = () => {};
    const source = {
      readyState: 1,
      onopen: null as Handler<never>,
      onerror: null as Handler<never>,
      addEventListener(_name: string, run: (event: { readonly data: string }) => void) {
        listener = run;
      },
      close() {
        connection.open = false;
      },
    };
    const connection = hold('events', url, {
      say: (data) => listener({ data }),
      end() {
        source.readyState = 2;
        (source.onerror as Handler<object>)?.({});
      },
    });
    return source;
  }

  function request(sent: HttpRequest, done: (response: HttpResponse) => void): () => void {
    asked.push(sent.url);
    const answer = (status: number, body = ''): HttpResponse => ({ status, body, header: () => null });
    const waits = sent.url.includes('after=' + gateway.notice.cursor);
    return clock.after(gateway.status === 0 ? sent.timeoutMs : waits ? 25000 : 10, () => {
      if (gateway.status !== 200) done(answer(gateway.status));
      else if (waits) done(answer(204));
      else done(answer(200, JSON.stringify(gateway.notice)));
    });
  }

  const gateway: FakeGateway = {
    clock,
    notice: first,
    status: 200,
    greets: true,
    asked,
    held,
    platform: {
      clock,
      origin: 'http://gate',
      keepsCookie: true,
      isHidden: () => false,
      random: () => 0.5,
      randomBytes: (count) => Array.from({ length: count }, (_, i) => i),
      request,
      openSocket,
      openEventSource,
      onWake(run) {
        wakes.add(run);
        return () => wakes.delete(run);
      },
    },
    last() {
      const open = held.filter((connection) => connection.open).at(-1);
      if (!open) throw new Error('no connection is open');
      return open;
    },
    move(notice) {
      gateway.notice = { ...gateway.notice, ...notice };
    },
    wake(wake) {
      [...wakes].forEach((run) => run(wake));
    },
  };
  return gateway;
}
