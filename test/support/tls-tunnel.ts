import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:tls';

/** Takes plain HTTP and passes it on over TLS, so that clients need not know who made a certificate. */
export interface TlsTunnel {
  /** `http://localhost:<port>`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a tunnel to a port of this machine, whose certificate is this one, or made by it. */
export async function openTlsTunnel(port: number, ca: string): Promise<TlsTunnel> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    const far = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${own}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const near of open) near.destroy();
      await closed;
    },
  };
}
