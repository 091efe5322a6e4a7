import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import { call } from '../support/call.ts';

/** What a page is told of its session. */
export interface SessionNotice {
  readonly sid: string;
  readonly status: 'active' | 'revoked' | 'expired';
  readonly cursor: string;
  readonly reset: boolean;
  readonly advice: { readonly final: boolean };
}

/** A page that watches its session over one transport until it is told the end. */
export interface SessionWatching {
  readonly notices: readonly SessionNotice[];
  /** How the connection ended: a status, `end`, or a close code. */
  readonly ended: Promise<string>;
}

type Watch = (
  base: string,
  sid: string,
  token: string,
  tell: (notice: SessionNotice) => void,
) => Promise<string>;

/** Watches over the three transports, with the access token as the bearer. */
export const WATCHES: Readonly<Record<'events' | 'poll' | 'socket' | 'socket-header', Watch>> = {
  events: async (base, sid, token, tell) => {
    const response = await fetch(`${base}/v1/sessions/${sid}/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
    if (response.status !== 200 || response.body === null) return String(response.status);
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        const notice = JSON.parse(data) as SessionNotice;
        if (event !== 'session' || id !== notice.cursor) throw new Error(`an event ${event} ${id}`);
        tell(notice);
      },
    });
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
    return 'end';
  },

  poll: async (base, sid, token, tell) => {
    let after = '';
    let isOver = false;
    for (;;) {
      const query = after === '' ? '' : `?after=${after}&wait=20`;
      const answer = await call<SessionNotice>(`${base}/v1/sessions/${sid}/poll${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      // Nothing new within the wait; behind the last notice it is the end.
      if (answer.status === 204 && !isOver) continue;
      if (answer.status !== 200) return String(answer.status);
      tell(answer.body);
      after = answer.body.cursor;
      isOver = answer.body.advice.final;
    }
  },

  socket: (base, sid, token, tell) => readSocket(base, sid, tell, { first: token }),
  'socket-header': (base, sid, token, tell) => readSocket(base, sid, tell, { header: token }),
};

/** Begins to watch. */
export function watchSession(
  transport: keyof typeof WATCHES,
  base: string,
  sid: string,
  token: string,
): SessionWatching {
  const notices: SessionNotice[] = [];
  return { notices, ended: WATCHES[transport](base, sid, token, (notice) => notices.push(notice)) };
}

function readSocket(
  base: string,
  sid: string,
  tell: (notice: SessionNotice) => void,
  token: { readonly first?: string; readonly header?: string },
): Promise<string> {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/v1/sessions/${sid}/socket`, 'scangate.v1', {
    headers: token.header === undefined ? {} : { authorization: `Bearer ${token.header}` },
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      if (token.first !== undefined) socket.send(JSON.stringify({ bearer: token.first }));
    });
    socket.on('message', (data: Buffer) => tell(JSON.parse(data.toString('utf8')) as SessionNotice));
    socket.on('error', reject);
    socket.on('close', (code) => resolve(String(code)));
  });
}
