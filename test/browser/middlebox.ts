import { createServer, request as ask } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What becomes of a connection that is held open: let through, answered 403, silent, or each piece kept until the next. */
export type Treatment = 'pass' | 'refuse' | 'swallow' | 'one-behind';

/** What stands between an office and the world: it reads HTTP, and treats WebSockets and event streams as it likes. */
export interface Middlebox {
  /** `http://localhost:<port>`. */
  readonly url: string;
  /** Where requests go. */
  target(port: number): void;
  treat(kinds: { readonly sockets?: Treatment; readonly streams?: Treatment }): void;
  /** Answers everything with 502 and cuts what is held, until it is told off. */
  outage(on: boolean): void;
  /** Paths that were asked for, oldest first. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** What a treatment does to the bytes on their way to the browser. */
function filter(treatment: Treatment): Transform {
  let kept: Buffer | undefined;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      if (treatment === 'swallow') done();
      else if (treatment === 'one-behind') {
        const before = kept;
        kept = piece;
        done(null, before);
      } else done(null, piece);
    },
  });
}

/** Starts a middlebox on a free port. */
export async function startMiddlebox(): Promise<Middlebox> {
  const treatment: { sockets: Treatment; streams: Treatment } = { sockets: 'pass', streams: 'pass' };
  const held = new Set<Socket>();
  const asked: string[] = [];
  let port = 0;
  let out = false;

  function pass(req: IncomingMessage, res: ServerResponse): void {
    asked.push(req.url ?? '');
    const isStream = /\/events(\?|$)/.test(req.url ?? '');
    if (out || (isStream && treatment.streams === 'refuse')) {
      res.writeHead(out ? 502 : 403).end('<h1>Proxy error</h1>');
      return;
    }
    const onward = ask({ port, path: req.url, method: req.method, headers: req.headers }, (answer) => {
      const treated = isStream ? treatment.streams : 'pass';
      if (treated !== 'swallow') res.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
      pipeline(answer, filter(treated), res).catch(() => res.destroy());
    });
    res.on('close', () => onward.destroy());
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }

  function passSocket(req: IncomingMessage, client: Socket): void {
    asked.push(req.url ?? '');
    if (out || treatment.sockets === 'refuse') {
      client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const server = connect(port, '127.0.0.1');
    const lines = [`${req.method} ${req.url} HTTP/1.1`];
    for (let i = 0; i < req.rawHeaders.length; i += 2)
      lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
    server.write(lines.join('\r\n') + '\r\n\r\n');
    const cut = (): void => {
      client.destroy();
      server.destroy();
    };
    pipeline(client, server).catch(cut);
    pipeline(server, filter(treatment.sockets), client).catch(cut);
  }

  const server = createServer(pass);
  server.on('upgrade', passSocket);
  server.on('connection', (socket) => {
    held.add(socket);
    socket.on('close', () => held.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => held.forEach((socket) => socket.destroy());
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    target: (to) => (port = to),
    treat: (kinds) => void Object.assign(treatment, kinds),
    outage(on) {
      out = on;
      if (on) cutAll();
    },
    asked,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}
