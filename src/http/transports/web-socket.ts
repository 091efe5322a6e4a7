import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { ScangateError } from '../../ticket/error.ts';
import { allows, socketSite } from '../caller/request-site.ts';
import { askedCursor } from './asked-cursor.ts';
import { HeldSocket } from './held-socket.ts';
import type { SocketAsked } from './socket-caller.ts';
import { SUBPROTOCOL } from './socket-message.ts';
import type { TransportShared } from './transport.ts';

const CLOSE_MS = 5000;
const FRAGMENTS_MAX = 16;
const CHUNKS_MAX = 64;
const PONGS_MAX = 8;

/** What makes sockets out of upgraded connections: one a process, without compression, small messages only. */
export function socketServer(messageBytes: number): WebSocketServer {
  const options: ServerOptions & { closeTimeout: number; maxPendingAutoPongs: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: messageBytes,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: CHUNKS_MAX,
    maxPendingAutoPongs: PONGS_MAX,
    closeTimeout: CLOSE_MS,
    handleProtocols: () => SUBPROTOCOL,
  };
  return new WebSocketServer(options);
}

/**
 * Upgrades a connection and lets it wait (RFC 6455). Whatever is found out about the caller or the subject afterwards is
 * said by a close code: 1000 it is over, 4400 bad message, 4401 not yours or unknown, 4408 too slow, 4429 too many, 1012 the
 * node goes, 1013 the store is away. The last two and 4429 carry `{"retry_after_ms": n}` as their reason, and 4401 a `{"dpop_nonce": "…"}` where a
 * proof lacked it.
 *
 * @throws ScangateError `invalid_request` before anything was written: the origin, the subprotocol, the cursor.
 */
export function upgradeSocket<T>(
  shared: TransportShared,
  asked: SocketAsked<T>,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { caller } = asked;
  const rule = caller.by === 'cookie' ? 'socket_by_cookie' : 'bearer';
  if (!allows(rule, socketSite(req.headers, shared.origins))) {
    throw new ScangateError('invalid_request', {
      field: 'Origin',
      message: 'Pages of this origin may not ask.',
    });
  }
  checkProtocol(req.headers['sec-websocket-protocol']);
  const after = askedCursor(undefined, asked.after);
  shared.sockets.handleUpgrade(req, socket, head, (webSocket: WebSocket) => {
    const held = new HeldSocket<T>(shared, webSocket, asked, after);
    if (caller.by === 'message') held.expectSecret(caller.admit);
    else held.letWait(caller.admitted);
  });
}

function checkProtocol(offered: string | undefined): void {
  if (offered === undefined) return;
  if (offered.split(',').some((name) => name.trim() === SUBPROTOCOL)) return;
  throw new ScangateError('invalid_request', {
    field: 'Sec-WebSocket-Protocol',
    message: `The subprotocol is ${SUBPROTOCOL}.`,
  });
}
