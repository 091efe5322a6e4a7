import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { markEnded, markOf } from '../../telemetry/access-log.ts';
import type { RequestMark } from '../../telemetry/access-log.ts';
import type { Connection } from './connection.ts';
import { connectionOf } from './connections.ts';
import { letGo } from './node-http.ts';

const LINE = Symbol('held line');
type Lined = Socket & { [LINE]?: HeldLine | undefined };

const LAST_CHUNK = '0\r\n\r\n';

/** A header's name and value, as a response has them. */
type HeaderSet = readonly (readonly [name: string, value: number | string | string[]])[];

/**
 * Takes the connection of an answer that lasts, or has not begun, out of the hands of Node's HTTP: a parser, a request and a
 * response are most of what a waiting browser costs, and say nothing any more.
 *
 * @returns undefined, and nothing changed, where that cannot be: another request came behind this one or has begun to, its
 *   body is not read yet, nobody counts the connection, or this Node is built otherwise.
 */
export function holdLine(res: ServerResponse): HeldLine | undefined {
  const { socket, req } = res;
  const connection = connectionOf(res);
  if (socket === null || connection === undefined || !req.complete) return undefined;
  if (!connection.isFor(res) || !letGo(socket)) return undefined;
  connection.lend();
  res.detachSocket(socket);
  return new HeldLine(connection, res);
}

/**
 * A connection whose answer is owed, without request, response and parser. What the client sends meanwhile lies unread
 * until the answer is over; then Node's HTTP reads it. An answer that has begun goes on by {@link write} and {@link end}, in
 * chunks, or as it is to a client that knows none (RFC 9112 §7.1, §6.3); one that has not is written by {@link respond}.
 */
export class HeldLine {
  readonly #connection: Connection;
  readonly #mark: RequestMark | undefined;
  readonly #isChunked: boolean;
  /** Not with HTTP/1.0: Node ends an answer there that has no length, as a 204 has none, whatever the client asked for. */
  readonly #isKept: boolean;
  readonly #minor: number;
  /** Of an answer that has not begun. */
  readonly #headers: HeaderSet;
  #state: 'held' | 'answered' | 'over' | 'gone' = 'held';
  #asksMore = false;

  constructor(connection: Connection, res: ServerResponse) {
    this.#connection = connection;
    this.#mark = markOf(res);
    this.#isChunked = res.chunkedEncoding;
    this.#minor = res.req.httpVersionMinor;
    this.#isKept = res.shouldKeepAlive && (res.chunkedEncoding || (!res.headersSent && this.#minor > 0));
    this.#headers = res.headersSent ? NONE : headersOf(res);
    const { socket } = connection;
    (socket as Lined)[LINE] = this;
    for (const [event, listener] of LISTENERS) socket.on(event, listener);
    socket.resume();
  }

  get requestId(): string | undefined {
    return this.#mark?.id;
  }

  /** Bytes that the system has not taken yet. */
  get writableLength(): number {
    return this.#connection.socket.writableLength;
  }

  /** @param onTaken called once the system has it, or never will. */
  write(text: string, onTaken?: () => void): void {
    this.#connection.socket.write(this.#isChunked ? chunkOf(text) : text, onTaken);
  }

  /** Ends the answer. @param onTaken called once the system has all of it, and not when the client is gone before. */
  end(text: string, onTaken: () => void): void {
    const last = this.#isChunked ? `${text === '' ? '' : chunkOf(text)}${LAST_CHUNK}` : text;
    this.#connection.socket.write(last, (error) => {
      if (error || this.#state === 'gone') return;
      this.#state = 'over';
      this.#tell(200, false);
      onTaken();
      this.#goOn(this.#isKept);
    });
  }

  /** A response as Node had made it, with the headers that were set: its answer has a length, and is written at once. */
  respond(): ServerResponse {
    const { socket, keepAliveMs } = this.#connection;
    const req = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: this.#minor, headers: {} };
    const res = new ServerResponse(req as IncomingMessage);
    res.shouldKeepAlive = this.#isKept;
    if (this.#isKept) res.setHeader('Keep-Alive', `timeout=${Math.floor(keepAliveMs / 1000)}`);
    for (const [name, value] of this.#headers) res.setHeader(name, value);
    res.assignSocket(socket);
    this.#connection.begin(res);
    this.#state = 'answered';
    res.once('close', () => {
      this.#connection.end(res);
      this.#tell(res.statusCode, !res.writableFinished);
    });
    res.once('finish', () => {
      res.detachSocket(socket);
      this.#state = 'over';
      this.#goOn(this.#isKept && res.getHeader('Connection') !== 'close');
      res.emit('close');
    });
    return res;
  }

  /** Something has come. */
  heard(bytes: Buffer): void {
    if (this.#state === 'gone') return;
    const { socket } = this.#connection;
    socket.pause();
    socket.unshift(bytes);
    this.#asksMore = true;
    if (this.#state === 'over') this.#giveBack();
  }

  /** Its socket is closed. */
  closed(): void {
    if (this.#state === 'held') this.#tell(200, true);
    this.#state = 'gone';
  }

  #goOn(isKept: boolean): void {
    const { socket } = this.#connection;
    if (!socket.writable) return;
    if (!isKept) this.#part();
    else if (this.#asksMore) this.#giveBack();
    else this.#connection.rest();
  }

  // Where bytes lie unread, a close is a reset, which may overtake the answer.
  #part(): void {
    const { socket } = this.#connection;
    this.#state = 'gone';
    if (this.#asksMore) socket.end();
    else socket.destroySoon();
    this.#connection.linger();
  }

  #giveBack(): void {
    const { socket } = this.#connection;
    for (const [event, listener] of LISTENERS) socket.removeListener(event, listener);
    (socket as Lined)[LINE] = undefined;
    this.#connection.giveBack();
    socket.resume();
  }

  #tell(status: number, cut: boolean): void {
    if (this.#mark !== undefined) markEnded(this.#mark, status, cut);
  }
}

const NONE: HeaderSet = [];

function headersOf(res: ServerResponse): HeaderSet {
  return res.getHeaderNames().map((name) => [name, res.getHeader(name) ?? '']);
}

function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

// The same functions for every line: closures of each would cost as much as the line.
const LISTENERS = [
  ['data', onData],
  ['end', onEnd],
  ['error', onError],
  ['close', onClose],
] as const;

function onData(this: Lined, bytes: Buffer): void {
  this[LINE]?.heard(bytes);
}

// Node ends a connection whose client has ended its half, whatever is owed to it.
function onEnd(this: Lined): void {
  this.end();
}

function onError(): void {
  // A close follows.
}

function onClose(this: Lined): void {
  this[LINE]?.closed();
}
