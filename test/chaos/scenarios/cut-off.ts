import { Redis as Client } from 'ioredis';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { Redis } from '../../support/redis.ts';
import { look } from '../../support/signin.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { cancelAt, confirmAt, repeated, scanTickets } from '../scanned-ticket.ts';
import type { ScannedTicket } from '../scanned-ticket.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';

const CUT_OFF_MS = 60_000;
const TICKETS = 20;
const STAGGER_MS = 200;
const DECIDING_MS = 25_000;
const LOOKS = 20;
const LOOK_EVERY_MS = 500;
/** Of the users `gateway-0` and `gateway-1`. */
export const PASSWORD = 'chaos';

/** A Sentinel topology in which the first gateway reaches the Sentinels over links of its own. */
export interface CutOffGround extends SentinelGround {
  /** Cuts the first gateway and this master off from everyone else; returns what heals it. */
  cutOff(master: Redis): Promise<() => Promise<void>>;
}

/** Each gateway's own user: a server that starts again has forgotten them. */
export async function addGatewayUsers(node: Redis): Promise<void> {
  for (const user of ['gateway-0', 'gateway-1'])
    await node.ask('ACL', 'SETUSER', user, 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
}

/** An answer of Redis with another port in place of this one. */
function withPort(answer: Buffer, from: number, to: number): Buffer {
  const field = (port: number): string => `$${String(port).length}\r\n${port}\r\n`;
  return Buffer.from(answer.toString('latin1').replaceAll(field(from), field(to)), 'latin1');
}

/**
 * Each gateway is a Redis user of its own, so that the old master can refuse all others: to them it is as silent as
 * behind a broken network, since neither its Sentinels nor its replicas get an answer that counts.
 */
export async function cutOffGround(): Promise<CutOffGround> {
  // A machine under load is silent for a second: a failover before the cut would cut off a master that is none any more.
  const ground = await sentinelGround({ downAfterMs: 3000 });
  const { nodes, sentinels, masterName } = ground.topology;
  for (const node of nodes) await addGatewayUsers(node);
  const links: FaultProxy[] = [];
  // A node learns of Sentinels from each other. What it learns here must lead over the links too, or no cut holds it.
  const told = (chunk: Buffer): Buffer =>
    links.reduce((text, { port }, index) => withPort(text, sentinels[index]!.port, port), chunk);
  for (const { port } of sentinels) links.push(await startFaultProxy({ port, told }));
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

/** The phones confirm in the smaller part while the browsers cancel in the other: one may win, and no old state be told. */
async function decideAtBoth(stage: Stage<CutOffGround>, tickets: readonly ScannedTicket[]): Promise<void> {
  const { note, sleep, gateways, breach } = stage;
  const answers = await Promise.all(
    tickets.map(async (given, index) => {
      const { ticketId } = given.ticket;
      await sleep(index * STAGGER_MS);
      const confirmed = repeated(stage, () => confirmAt(stage, 0, given), DECIDING_MS);
      const cancelled = await repeated(stage, () => cancelAt(stage, 1, given), DECIDING_MS);
      for (let left = cancelled === 204 ? LOOKS : 0; left > 0; left -= 1) {
        const answer = await look(given.ticket, gateways[0].url).catch(() => undefined);
        if (answer?.status === 200 && answer.body.status !== 'cancelled')
          breach('disorder', `gateway 0 says ${answer.body.status} after another cancelled it`, ticketId);
        await sleep(LOOK_EVERY_MS);
      }
      return [await confirmed, cancelled] as const;
    }),
  );
  note('confirmed at A', answers.filter(([confirmed]) => confirmed === 200).length);
  note('cancelled at B', answers.filter(([, cancelled]) => cancelled === 204).length);
}

/** A part of the network that believes it is the whole. */
export const cutOffScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'cut-off',
    title: 'a gateway and the old master cut off from the Sentinels 60 s, decided in both parts',
    outageS: CUT_OFF_MS / 1000 + 5,
    patienceMs: 100_000,
    rates: { signInsPerSecond: 2, pulsesPerSecond: 4 },
    prepare: () => cutOffGround(),
    play: async (stage) => {
      const { ground, sleep, ignore, note, chronicle } = stage;
      ignore(0);
      const master = await ground.topology.master();
      const tickets = await scanTickets(stage, TICKETS);
      await sleep(500);
      const heal = await ground.cutOff(master);
      const start = performance.now();
      const startMs = Date.now();
      const decided = decideAtBoth(stage, tickets);
      await ground.topology.switched(master);
      note('switch s', secondsSince(start));
      await sleep(CUT_OFF_MS);
      await decided;
      const written = chronicle.acknowledged.filter(({ gateway, atMs }) => gateway === 0 && atMs > startMs);
      const lastMs = Math.max(startMs, ...written.map(({ atMs }) => atMs));
      note('written in the smaller part', written.length);
      note('last of them after s', ((lastMs - startMs) / 1000).toFixed(1));
      await heal();
      await sleep(8000);
    },
  }),
];
