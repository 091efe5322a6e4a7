import { WebSocket } from 'ws';
import type { Seen } from '../../watch/world.ts';
import type { Ending, Reader } from '../../contract/transport.ts';
import { SECRET } from './gateway.ts';

/** A socket, and how it was closed. */
export interface SocketReader extends Reader {
  readonly socket: WebSocket;
  /** The close code, or the status of an answer that was no upgrade, or -1 for a connection that was lost. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface SocketOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
  readonly autoPong?: boolean;
}

/** A socket, read by ws. With no headers given it sends its secret as the first message. */
export function socketReader(url: string, options: SocketOptions = {}): SocketReader {
  const told: Seen[] = [];
  const { headers, protocols = ['scangate.v1'], autoPong = true } = options;
  const socket = new WebSocket(url.replace('http:', 'ws:'), protocols, { headers, autoPong });
  socket.on('open', () => {
    if (headers === undefined) socket.send(JSON.stringify({ bearer: SECRET }));
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) throw new Error('a binary message');
    told.push(JSON.parse(data.toString('utf8')) as Seen);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      let reason = '';
      response.on('data', (chunk: Buffer) => (reason += chunk.toString('utf8')));
      response.on('end', () => {
        resolve({ code: response.statusCode!, reason });
        socket.terminate();
      });
    });
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  const ended = closed.then(({ code }): Ending => {
    if (code === 1000) return 'over';
    if (code === 400 || code === 4400) return 'bad';
    if (code === 4401) return 'unknown';
    if ([1012, 1013, 4408, 4429].includes(code)) return 'again';
    throw new Error(`closed with ${code}`);
  });
  ended.catch(() => undefined);
  return { told, socket, closed, ended, leave: () => socket.terminate() };
}
