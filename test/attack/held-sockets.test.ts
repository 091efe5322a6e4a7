import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const BOUND = 3;
const TRIED = 8;

let gateway: Gateway;

beforeAll(async () => {
  const env = { SCANGATE_LIMITS: 'on', SCANGATE_WATCHERS_PER_ADDRESS: String(BOUND) };
  gateway = await startGateway({ env });
});

afterAll(() => gateway?.stop());

/** Tries to hold a socket, and takes down the code it is closed with. */
function attempt(url: string, localAddress: string, codes: number[]): WebSocket {
  const socket = new WebSocket(url, 'scangate.v1', { localAddress });
  socket.on('close', (code) => codes.push(code));
  socket.on('error', () => undefined);
  return socket;
}

test.each([
  ['tickets', '127.0.0.2'],
  ['sessions', '127.0.0.3'],
])(
  'attack: sockets of %s that never say whose they are do not get round the bound per address',
  async (kind, address) => {
    const codes: number[] = [];
    let sockets: readonly WebSocket[] = [];
    try {
      const url = `ws://127.0.0.1:${gateway.port}/v1/${kind}/${'A'.repeat(22)}/socket`;
      sockets = Array.from({ length: TRIED }, () => attempt(url, address, codes));
      await until(() => codes.length === TRIED - BOUND, { what: 'the end of those over the bound' });
      await sleep(500);
      expect(codes).toEqual(Array.from({ length: TRIED - BOUND }, () => 4429));
      expect(sockets.filter(({ readyState }) => readyState === WebSocket.OPEN)).toHaveLength(BOUND);
    } finally {
      for (const socket of sockets) socket.terminate();
    }
  },
);
