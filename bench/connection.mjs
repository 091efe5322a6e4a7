/**
 * HTTP/1.1 on a raw socket, one request at a time: a client that costs the load's core as little as it can, so that the
 * server is what is measured. It reads answers with a length, or in chunks.
 */
import { connect } from 'node:net';

/** Who waits for longer, and nothing comes, is told so: nobody waits for ever. */
export const SILENT_MAX_MS = 60_000;
const STREAMS = 'HTTP/1.1 200';

export class Connection {
  #socket;
  #text = '';
  #waiting;

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => {
      this.#text += text;
      this.#look();
    });
    this.#socket.setTimeout(SILENT_MAX_MS, () => this.#fail(new Error(`silent for ${SILENT_MAX_MS} ms`)));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** The answer's status, head and text. */
  send(request) {
    return this.#ask(request);
  }

  /** All that comes, until `isWhole` says so; what a stream sends. @throws where no stream is opened. */
  watch(request, isWhole) {
    return this.#ask(request, isWhole);
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  /** A socket that is closed says nothing of what is written to it. */
  #ask(request, isWhole) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the connection was closed'));
      this.#waiting = { resolve, reject, isWhole };
      return this.#socket.write(request);
    });
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #look() {
    const { resolve, isWhole } = this.#waiting ?? {};
    if (resolve === undefined) return;
    if (isWhole !== undefined && this.#text.length >= STREAMS.length && !this.#text.startsWith(STREAMS)) {
      const refusal = this.#answer();
      if (refusal !== undefined) this.#fail(new Error(`no stream: ${refusal.status} ${refusal.text}`));
      return;
    }
    const answer = isWhole === undefined ? this.#answer() : isWhole(this.#text) && this.#text;
    if (answer === undefined || answer === false) return;
    this.#waiting = undefined;
    resolve(answer);
  }

  #answer() {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#text.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    const whole = length === null ? this.#chunks(end + 4) : end + 4 + Number(length[1]);
    if (whole === undefined || this.#text.length < whole) return undefined;
    const answer = { status: Number(head.slice(9, 12)), head, text: this.#text.slice(end + 4, whole) };
    this.#text = this.#text.slice(whole);
    return answer;
  }

  /** Where the last chunk ends. */
  #chunks(from) {
    const end = this.#text.indexOf('\r\n0\r\n\r\n', from - 2);
    return end < 0 ? undefined : end + 7;
  }
}

/** The bytes of a request, with its body as JSON or as a form. */
export function requestOf(method, path, { headers = {}, json, form, host = 'localhost' } = {}) {
  const body = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json);
  const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** The answer's JSON. @throws when its status is another. */
export function jsonOf({ status, text }, expected, what) {
  if (status !== expected) throw new Error(`${what}: ${status} ${text.slice(0, 300)}`);
  return JSON.parse(text.startsWith('{') ? text : text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
}
