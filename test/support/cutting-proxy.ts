import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** When a connection is cut: before the server hears of the request, once it has answered, or in the middle of the answer. */
export const CUTS = ['request', 'answer', 'half'] as const;
export type Cut = (typeof CUTS)[number];

/** An HTTP proxy that cuts what a test says. */
export interface CuttingProxy {
  readonly url: string;
  /** Cuts each exchange for which this says how; they are counted from 0 on. */
  cutEach(how: ((index: number, req: IncomingMessage) => Cut | undefined) | undefined): void;
  /** Exchanges since {@link CuttingProxy.cutEach}. */
  count(): number;
  stop(): Promise<void>;
}

/** Starts one before the server at `target`. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  let index = 0;
  let how: ((index: number, req: IncomingMessage) => Cut | undefined) | undefined;

  function forward(req: IncomingMessage, res: ServerResponse, cut: Cut | undefined): void {
    const headers = { ...req.headers, connection: 'close' };
    const onward = request(target + (req.url ?? ''), { method: req.method ?? 'GET', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        if (cut === 'answer') {
          req.socket.destroy();
          return;
        }
        res.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': body.length });
        if (cut === undefined) res.end(body);
        else res.write(body.subarray(0, body.length >> 1), () => req.socket.destroy());
      });
    });
    onward.on('error', () => req.socket.destroy());
    req.pipe(onward);
  }

  const server = createServer((req, res) => {
    const cut = how?.(index, req);
    index += 1;
    if (cut === 'request') req.socket.destroy();
    else forward(req, res, cut);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutEach(next) {
      how = next;
      index = 0;
    },
    count: () => index,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
