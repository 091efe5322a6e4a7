import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Lane } from './fault-lane.ts';
import type { Fault } from './fault-lane.ts';

export type { Fault } from './fault-lane.ts';

/** `toServer` is what the client sends, `toClient` what it is answered. */
export type Direction = 'toServer' | 'toClient';

/** A proxy between any TCP client and a server, whose faults can be changed while connections are open. */
export interface FaultProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** `http://localhost:<port>`. */
  readonly url: string;
  /** Sets the fault of a direction, for connections that are open and those to come. `{ kind: 'none' }` heals it. */
  set(direction: Direction, fault: Fault): void;
  /** Both directions as they should be; what was held goes out. */
  heal(): void;
  /** New connections are reset at once; those that are open stay. */
  refuse(on: boolean): void;
  /** Cuts every open connection, with a reset. */
  cut(): void;
  /**
   * Lets requests pass, drops the next bytes of an answer and cuts their connection; once. With a text: of the next
   * connection that sends it, once it has.
   */
  cutNextAnswer(to?: string): void;
  /** Where new connections go from now on. */
  redirect(port: number, host?: string): void;
  /** Connections that were accepted. */
  accepted(): number;
  open(): number;
  /** Bytes that have passed in a direction, over all connections. */
  passed(direction: Direction): number;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly lanes: Record<Direction, Lane>;
}

/** Where a proxy leads, and what it puts in place of what the client is told. */
export interface FaultProxyTarget {
  readonly port: number;
  readonly host?: string;
  readonly told?: (chunk: Buffer) => Buffer;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startFaultProxy(target: FaultProxyTarget): Promise<FaultProxy> {
  const faults: Record<Direction, Fault> = { toServer: { kind: 'none' }, toClient: { kind: 'none' } };
  const passed: Record<Direction, number> = { toServer: 0, toClient: 0 };
  const pairs = new Set<Pair>();
  let to = { port: target.port, host: target.host ?? '127.0.0.1' };
  let refusing = false;
  let accepted = 0;
  let answerToCut: { readonly to: string | undefined } | undefined;

  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1;
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...to, allowHalfOpen: true, noDelay: true });
    const cutPair = (): void => {
      pairs.delete(pair);
      pair.lanes.toServer.close();
      pair.lanes.toClient.close();
      for (const socket of [client, server]) {
        if (!socket.destroyed) socket.resetAndDestroy();
      }
    };
    let hasAsked = false;
    const isToCut = (direction: Direction, chunk: Buffer): boolean => {
      const asked = answerToCut?.to;
      if (direction === 'toServer') {
        if (asked === undefined || !chunk.includes(asked)) return false;
        hasAsked = true;
      } else {
        if (hasAsked) return true;
        if (answerToCut === undefined || asked !== undefined) return false;
      }
      answerToCut = undefined;
      return direction === 'toClient';
    };
    const lane = (direction: Direction, from: Socket, into: Socket): Lane =>
      new Lane(from, into, faults[direction], {
        cut: cutPair,
        passed: (bytes) => (passed[direction] += bytes),
        swallowAndCut: (chunk) => isToCut(direction, chunk),
        ...(direction === 'toClient' && target.told !== undefined ? { instead: target.told } : {}),
      });
    const pair: Pair = {
      client,
      server,
      lanes: { toServer: lane('toServer', client, server), toClient: lane('toClient', server, client) },
    };
    pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', cutPair);
      socket.on('close', () => {
        if (client.destroyed && server.destroyed) pairs.delete(pair);
      });
    }
  });

  const set = (direction: Direction, fault: Fault): void => {
    faults[direction] = fault;
    for (const pair of pairs) pair.lanes[direction].set(fault);
  };
  const cut = (): void => {
    for (const { client, server, lanes } of pairs) {
      lanes.toServer.close();
      lanes.toClient.close();
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    pairs.clear();
  };
  await listen(proxy);
  const { port } = proxy.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    url: `http://localhost:${port}`,
    set,
    heal: () => {
      refusing = false;
      answerToCut = undefined;
      set('toServer', { kind: 'none' });
      set('toClient', { kind: 'none' });
    },
    refuse: (on) => (refusing = on),
    cut,
    cutNextAnswer: (to) => (answerToCut = { to }),
    redirect: (toPort, host = '127.0.0.1') => (to = { port: toPort, host }),
    accepted: () => accepted,
    open: () => pairs.size,
    passed: (direction) => passed[direction],
    stop: async () => {
      const closed = new Promise((resolve) => proxy.close(resolve));
      cut();
      await closed;
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
