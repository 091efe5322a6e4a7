import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startGateway } from '../support/gateway.ts';

const BOUND = 3;
const TRIED = 8;

/** How an attempt to hold a socket went: the code it was closed with, or `held`. */
function attempt(url: string): Promise<number | 'held'> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, 'scangate.v1');
    socket.on('close', (code) => resolve(code));
    socket.on('error', () => undefined);
    setTimeout(() => {
      resolve('held');
      socket.terminate();
    }, 1500);
  });
}

test.each(['tickets', 'sessions'])(
  'attack: sockets of %s that never say whose they are do not get round the bound per address',
  async (kind) => {
    const gateway = await startGateway({
      env: { SCANGATE_LIMITS: 'on', SCANGATE_WATCHERS_PER_ADDRESS: String(BOUND) },
    });
    try {
      const url = `${gateway.url.replace('http', 'ws')}/v1/${kind}/${'A'.repeat(22)}/socket`;
      const outcomes = await Promise.all(Array.from({ length: TRIED }, () => attempt(url)));
      expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(BOUND);
      expect(outcomes.filter((outcome) => outcome === 4429)).toHaveLength(TRIED - BOUND);
    } finally {
      await gateway.stop();
    }
  },
);
