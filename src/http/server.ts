import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import { TLS_BOUNDS } from '../config/tls-pair.ts';
import type { TlsPair } from '../config/tls-pair.ts';
import type { Answer } from './answer/answer.ts';
import { answerText } from './answer/answer-text.ts';
import { PROBLEM_TYPE } from './answer/problem.ts';
import type { Header } from './answer/security-headers.ts';
import type { Connections } from './connections/connections.ts';
import type { UpgradeHandler } from './upgrades.ts';

/** Bounds of a server, in milliseconds and bytes. */
export interface ServerBounds {
  /** Time that a TLS handshake may take. */
  readonly handshakeMs: number;
  /** Time that a request's head may take. */
  readonly headerMs: number;
  /** Time that a whole request may take to arrive; its answer may take longer. */
  readonly requestMs: number;
  /** Time that an idle connection is kept. */
  readonly keepAliveMs: number;
}

/** The longest head of a request, in bytes. */
const HEAD_BYTES_MAX = 16_384;

/** How often Node looks for heads and requests that took too long, in milliseconds. */
const CHECK_MS = 1000;

/** Node ends a handshake so much later than we, who count it, in milliseconds. */
const SLACK_MS = 5000;

/** Express stops changing prototypes at a cost from this major version of Node on. */
const CHEAP_PROTOTYPES_SINCE = 24;

/** What a server is made of. */
export interface ServerParts {
  readonly app: Express;
  readonly onUpgrade: UpgradeHandler;
  readonly connections: Connections;
  readonly security: readonly Header[];
  readonly bounds: ServerBounds;
  /** Told of what was refused before it was a request: the problem's code, and the parser's word for why. */
  readonly onUnread: (code: string, why: string) => void;
  /** Undefined: it speaks plain HTTP. */
  readonly tls: TlsPair | undefined;
}

/** A server of HTTP, over TLS or not. */
export interface HttpServer {
  readonly server: Server;
  /** Gives connections that come from now on another certificate. Nothing without TLS. */
  readonly renewTls: (pair: TlsPair) => void;
}

/** Makes the HTTP server of an application. It does not listen yet. */
export function makeHttpServer(parts: ServerParts): HttpServer {
  const { app, onUpgrade, connections, security, bounds, tls, onUnread } = parts;
  const options = {
    ...bornOf(app, Number(process.versions.node.split('.')[0])),
    maxHeaderSize: HEAD_BYTES_MAX,
    headersTimeout: bounds.headerMs,
    requestTimeout: bounds.requestMs,
    keepAliveTimeout: bounds.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
    requireHostHeader: false,
  };
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    if (connections.begin(req.socket, res)) (app as unknown as typeof answer)(req, res);
  };
  const secure =
    tls &&
    createTlsServer(
      { ...options, ...contextOf(tls), handshakeTimeout: bounds.handshakeMs + SLACK_MS },
      answer,
    );
  const server = (secure as Server | undefined) ?? createServer(options, answer);
  // Node drops what is beyond a count without a word; the bytes are bound already.
  server.maxHeadersCount = 0;
  const accepted = secure ? 'secureConnection' : 'connection';
  connections.serve((socket) => server.emit(accepted, socket));
  server.on('connection', (socket) => connections.accept(socket));
  secure?.on('secureConnection', (socket) => connections.secure(socket));
  server.on('upgrade', (req, socket, head) => {
    if (req.headers.upgrade?.toLowerCase() === 'websocket') onUpgrade(req, socket, head);
    else server.emit(accepted, withoutUpgrade(req, socket, head));
  });
  // Node would answer an expectation that it does not know by itself, past every check and count of ours.
  server.on('checkExpectation', answer);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const [code, answer] = parserRefusal(error);
    if (connections.finish(socket, answerText(answer, security))) onUnread(code, error.code ?? 'unknown');
  });
  return { server, renewTls: (pair) => secure?.setSecureContext(contextOf(pair)) };
}

function contextOf({ cert, key }: TlsPair): Parameters<TlsServer['setSecureContext']>[0] {
  return { ...TLS_BOUNDS, cert, key };
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
 * is to be given back, with the same request but for the offer in front.
 */
function withoutUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Duplex {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${req.rawHeaders[i + 1] ?? ''}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  return socket;
}

/** What the parser of HTTP refuses, by its error code; anything else is no HTTP. */
const PARSER_REFUSALS: Readonly<Record<string, readonly [status: number, code: string, title: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'too_large', 'Too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'invalid_request', 'The request took too long'],
};

/** The answer to what is not HTTP, too much of it, or too slow. */
function parserRefusal({ code: cause = '' }: NodeJS.ErrnoException): readonly [code: string, Answer] {
  const [status, code, title] = PARSER_REFUSALS[cause] ?? [400, 'invalid_request', 'This is not HTTP'];
  const body = { type: `urn:scangate:problem:${code}`, title, status, code };
  return [code, { status, type: PROBLEM_TYPE, body }];
}
