import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ScangateError } from '../../ticket/error.ts';

/** A handshake for a socket (RFC 6455 §4), as its row of the table sees it. */
export interface SocketRequest {
  /** What the path names. */
  readonly id: string;
  /** `?after=` as it came, unchecked. */
  readonly after: string | undefined;
  /** What the bound per address counts; undefined where it does not apply. */
  readonly address: string | undefined;
  /** The id of its log lines; undefined where none is kept. */
  readonly requestId: string | undefined;
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** An address that is opened as a WebSocket. A request that is no upgrade meets the route of the same path. */
export interface SocketRoute {
  /** `/v1/tickets/:id/socket`. */
  readonly path: string;
  /** Whether an id has the right shape. One that has not makes the path unknown. */
  readonly isId: (id: string) => boolean;
  /** Upgrades the connection. Until it has, it may throw as a route does. */
  open(request: SocketRequest): void | Promise<void>;
}

/** What a socket's address says to a request that is no upgrade. @throws ScangateError `invalid_request`. */
export function withoutUpgrade(): never {
  throw new ScangateError('invalid_request', {
    field: 'Upgrade',
    message: 'Ask for an upgrade to websocket.',
  });
}
