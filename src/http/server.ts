import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import type { UpgradeHandler } from './upgrades.ts';

/** Bounds of a server, in milliseconds and bytes. */
export interface ServerBounds {
  /** Time that a request's head may take. */
  readonly headerMs: number;
  /** Time that a whole request may take to arrive; its answer may take longer. */
  readonly requestMs: number;
  /** Time that an idle connection is kept. */
  readonly keepAliveMs: number;
}

/** The longest head of a request, in bytes. */
const HEAD_BYTES_MAX = 16_384;

/** Express stops changing prototypes at a cost from this major version of Node on. */
const CHEAP_PROTOTYPES_SINCE = 24;

/** Makes the HTTP server of an application. It does not listen yet. */
export function makeHttpServer(app: Express, onUpgrade: UpgradeHandler, bounds: ServerBounds): Server {
  const server = createServer(
    {
      ...bornOf(app, Number(process.versions.node.split('.')[0])),
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: bounds.headerMs,
      requestTimeout: bounds.requestMs,
      keepAliveTimeout: bounds.keepAliveMs,
      requireHostHeader: false,
    },
    app,
  );
  server.on('upgrade', (req, socket, head) => {
    if (req.headers.upgrade?.toLowerCase() === 'websocket') onUpgrade(req, socket, head);
    else withoutUpgrade(server, req, socket, head);
  });
  server.on('clientError', answerBadHttp);
  return server;
}

/**
 * Express gives every request and response it is handed the prototypes of its app, which halves its speed before Node
 * 24. Requests and responses that are born with these prototypes already make that a no-op.
 */
export function bornOf(
  app: Express,
  nodeMajor: number,
): { IncomingMessage?: typeof IncomingMessage; ServerResponse?: typeof ServerResponse } {
  if (nodeMajor >= CHEAP_PROTOTYPES_SINCE) return {};
  return {
    IncomingMessage: bornWith(IncomingMessage, app.request),
    ServerResponse: bornWith(ServerResponse, app.response),
  };
}

// Not a class: the prototype of a class is not writable, and Express wants exactly its own.
function bornWith<C extends typeof IncomingMessage | typeof ServerResponse>(base: C, prototype: object): C {
  function Born(this: object, ...args: unknown[]): void {
    (base as unknown as (this: object, ...args: unknown[]) => void).apply(this, args);
  }
  Born.prototype = prototype;
  return Born as unknown as C;
}

/**
 * Goes on in HTTP/1.1 where another protocol was offered, as a server may (RFC 9110 §7.8): Java's client, for one, offers
 * `h2c` with every first request over plain HTTP. Node has taken the connection out of its server's hands by then, so it
 * is given back, with the same request but for the offer in front.
 */
function withoutUpgrade(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${req.rawHeaders[i + 1] ?? ''}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

/** Answers what is not HTTP, or too much of it, and ends the connection. */
function answerBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [line, code, title] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'too_large', 'Too large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'invalid_request', 'The request took too long']
        : ['400 Bad Request', 'invalid_request', 'This is not HTTP'];
  const status = Number(line.slice(0, 3));
  const body = JSON.stringify({ type: `urn:scangate:problem:${code}`, title, status, code });
  socket.end(
    `HTTP/1.1 ${line}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
