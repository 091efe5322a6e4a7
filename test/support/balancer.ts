import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A load balancer over TCP: each connection goes to one of the nodes that are ready, in turn. */
export interface Balancer {
  readonly port: number;
  readonly url: string;
  /** Where it may send connections from now on, by port; each is asked for `/readyz` all the time. */
  add(port: number): void;
  remove(port: number): void;
  /** How many nodes are ready. */
  ready(): number;
  close(): Promise<void>;
}

const ASK_EVERY_MS = 50;

export async function startBalancer(): Promise<Balancer> {
  const nodes = new Map<number, boolean>();
  const open = new Set<Socket>();
  let turn = 0;

  async function note(node: number): Promise<void> {
    const is = await isReady(node);
    if (nodes.has(node)) nodes.set(node, is);
  }

  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    const ready = [...nodes].filter(([, isReady]) => isReady).map(([port]) => port);
    turn += 1;
    through(socket, [
      ...ready.slice(turn % (ready.length || 1)),
      ...ready.slice(0, turn % (ready.length || 1)),
    ]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const asking = setInterval(() => {
    for (const node of nodes.keys()) void note(node);
  }, ASK_EVERY_MS);

  return {
    port,
    url: `http://localhost:${port}`,
    add: (node) => void nodes.set(node, false),
    remove: (node) => void nodes.delete(node),
    ready: () => [...nodes.values()].filter(Boolean).length,
    async close() {
      clearInterval(asking);
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Joins it to the first node that takes it. */
function through(socket: Socket, [port, ...others]: readonly number[]): void {
  if (port === undefined) {
    socket.destroy();
    return;
  }
  const node = connect(port, '127.0.0.1');
  const next = (): void => through(socket, others);
  node.once('error', next);
  node.once('connect', () => {
    node.off('error', next);
    node.on('error', () => socket.destroy()).on('close', () => socket.end());
    socket.on('close', () => node.destroy());
    socket.pipe(node).pipe(socket);
  });
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(1_000),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
