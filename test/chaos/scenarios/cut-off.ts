import { Redis as Client } from 'ioredis';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { Redis } from '../../support/redis.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const CUT_OFF_MS = 60_000;
const PASSWORD = 'chaos';

/** A Sentinel topology in which the first gateway reaches the Sentinels over links of its own. */
export interface CutOffGround extends SentinelGround {
  /** Cuts the first gateway and this master off from everyone else; returns what heals it. */
  cutOff(master: Redis): Promise<() => Promise<void>>;
}

/**
 * Each gateway is a Redis user of its own, so that the old master can refuse all others: to them it is as silent as
 * behind a broken network, since neither its Sentinels nor its replicas get an answer that counts.
 */
export async function cutOffGround(): Promise<CutOffGround> {
  const ground = await sentinelGround();
  const { nodes, sentinels, masterName } = ground.topology;
  for (const node of nodes) {
    for (const user of ['gateway-0', 'gateway-1']) {
      await node.ask('ACL', 'SETUSER', user, 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
    }
  }
  const links: FaultProxy[] = [];
  for (const sentinel of sentinels) links.push(await startFaultProxy(sentinel));
  const url = (user: string, ports: readonly { readonly port: number }[]): string =>
    `redis+sentinel://${user}:${PASSWORD}@${ports.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${masterName}`;
  return {
    ...ground,
    urls: [url('gateway-0', links), url('gateway-1', sentinels)],
    cutOff: async (master) => {
      for (const link of links) {
        link.set('toServer', { kind: 'swallow' });
        link.set('toClient', { kind: 'swallow' });
      }
      const own = new Client({ port: master.port, username: 'gateway-0', password: PASSWORD });
      own.on('error', () => {});
      await own.call('ACL', 'SETUSER', 'default', 'resetkeys', 'resetchannels', '-@all');
      await own.call('ACL', 'SETUSER', 'gateway-1', 'off');
      for (const target of [
        ['TYPE', 'replica'],
        ['USER', 'gateway-1'],
        ['USER', 'default'],
      ]) {
        await own.call('CLIENT', 'KILL', ...target);
      }
      return async () => {
        await own.call('ACL', 'SETUSER', 'default', '~*', '&*', '+@all');
        await own.call('ACL', 'SETUSER', 'gateway-1', 'on');
        own.disconnect();
        for (const link of links) {
          link.cut();
          link.heal();
        }
      };
    },
    stop: async () => {
      await ground.stop();
      for (const link of links) await link.stop();
    },
  };
}

/** A part of the network that believes it is the whole. */
export const cutOffScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'cut-off',
    title: 'a gateway and the old master cut off from the Sentinels 60 s',
    outageS: CUT_OFF_MS / 1000 + 5,
    patienceMs: 100_000,
    rates: { signInsPerSecond: 2, pulsesPerSecond: 4 },
    prepare: () => cutOffGround(),
    play: async (stage) => {
      const { ground, sleep, ignore, note, chronicle } = stage;
      ignore(0);
      const master = await ground.topology.master();
      const heal = await ground.cutOff(master);
      const start = performance.now();
      const startMs = Date.now();
      await ground.topology.switched(master);
      note('switch s', secondsSince(start));
      await sleep(CUT_OFF_MS);
      const written = chronicle.acknowledged.filter(({ gateway, atMs }) => gateway === 0 && atMs > startMs);
      const lastMs = Math.max(startMs, ...written.map(({ atMs }) => atMs));
      note('written in the smaller part', written.length);
      note('last of them after s', ((lastMs - startMs) / 1000).toFixed(1));
      await heal();
      await sleep(8000);
    },
  }),
];
