import { withQuery } from './address.ts';
import type { Platform, SocketLike } from './platform.ts';
import type { Access, End, Transport } from './transport.ts';

const PROTOCOL = 'scangate.v1';

/** The end that a close code stands for (docs/wire.md, "The three ways to wait"; RFC 6455 section 7.4). */
export function endOfCode(code: number, random: () => number): End {
  switch (code) {
    case 1000:
      return { kind: 'over' };
    case 1001:
    case 1012:
    case 1013:
      return { kind: 'return', afterMs: Math.round(random() * 2000) };
    case 4400:
    case 4401:
      return { kind: 'refused' };
    case 4408:
    case 4429:
      return { kind: 'broken', afterMs: Math.round(1000 + random() * 4000) };
    default:
      return { kind: 'broken' };
  }
}

/** Waits on a WebSocket. Its pings are answered below this code, so silence proves nothing. */
export function socketTransport(platform: Platform, access: Access): Transport | undefined {
  const openSocket = platform.openSocket;
  if (!openSocket) return undefined;
  return {
    name: 'socket',
    pushes: true,
    audible: false,
    scarce: false,
    open(cursor, events) {
      let socket: SocketLike;
      try {
        socket = openSocket(withQuery(access.links.socket, 'after', cursor()), PROTOCOL);
      } catch {
        events.end({ kind: 'refused' });
        return () => {};
      }
      socket.onopen = () => {
        if (access.bearer !== undefined) socket.send(JSON.stringify({ bearer: access.bearer }));
        events.alive();
      };
      socket.onmessage = (message: { data: unknown }) => {
        if (typeof message.data === 'string') events.notice(message.data);
      };
      socket.onclose = (close: { code: number }) => {
        events.end(endOfCode(close.code, () => platform.random()));
      };
      return () => {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      };
    },
  };
}
