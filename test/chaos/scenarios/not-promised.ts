import { until } from '../../support/until.ts';
import { recordOf } from '../../support/ask.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { readTicketLog } from '../log.ts';
import { confirmAt, scanTickets } from '../scanned-ticket.ts';
import type { ScannedTicket } from '../scanned-ticket.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';
import { cutReplicas, switchedFrom } from './host-crash.ts';

const TICKETS = 20;

/** Confirms all of them at the first gateway, and pardons what becomes of them. Answers how many were acknowledged. */
async function confirmAll(stage: Stage<SentinelGround>, tickets: readonly ScannedTicket[]): Promise<void> {
  const answers = await Promise.all(tickets.map((given) => confirmAt(stage, 0, given)));
  stage.note('confirmed', answers.filter((status) => status === 200).length);
  stage.pardon({ tickets: new Set(tickets.map(({ ticket }) => ticket.ticketId)) });
}

async function noteLost({ ground, chronicle, note }: Stage<SentinelGround>): Promise<void> {
  const log = await readTicketLog(await ground.masters());
  const lost = chronicle.acknowledged.filter(
    ({ status, ticketId }) =>
      status === 'confirmed' && !log.get(ticketId)?.some((line) => line.status === 'confirmed'),
  );
  note('confirmed and lost', lost.length);
}

/** What is not promised, so that it can be seen: what is lost here is pardoned and counted. */
export const notPromisedScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'all-who-knew',
    title: 'not promised: no replica in reach, the only gateway and the master killed',
    rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { ground, gateways, ignore, sleep } = stage;
      ignore(0);
      ignore(1);
      const tickets = await scanTickets(stage, TICKETS);
      await gateways[1].kill();
      const { masterName, sentinels } = ground.topology;
      const master = await ground.topology.master();
      const replicas = await ground.topology.replicas();
      for (const replica of replicas) replica.freeze();
      await until(
        async () => {
          const views = await Promise.all(
            sentinels.map((one) => one.ask('SENTINEL', 'REPLICAS', masterName)),
          );
          return views.flat().every((view) => recordOf(view)['flags']?.includes('s_down'));
        },
        { what: 'replicas that count as down' },
      );
      await cutReplicas(master); // else what it sends waits in their sockets
      await confirmAll(stage, tickets);
      await gateways[0].kill();
      await master.kill();
      for (const replica of replicas) replica.thaw();
      await switchedFrom(master, stage);
      await ground.topology.settled();
      await Promise.all(gateways.map((gateway) => gateway.restart()));
      await sleep(1000);
      await noteLost(stage);
    },
  }),
];
