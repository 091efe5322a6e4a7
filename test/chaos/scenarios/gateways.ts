import { sentinelGround, singleGround } from '../grounds.ts';
import { readTicketLog } from '../log.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const FROZEN_MS = 10_000;
const SUSPENDED_MS = 25_000;

/** A gateway ends, freezes, or sleeps longer than anything is kept. */
export const gatewayScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'gateway-killed',
    title: 'a gateway killed, and started again',
    smoke: true,
    prepare: () => singleGround(),
    play: async ({ gateways, sleep, ignore }) => {
      ignore(0);
      await gateways[0].kill();
      await sleep(1500);
      await gateways[0].restart();
      await sleep(1500);
    },
  }),
  scenario({
    name: 'gateway-frozen',
    title: 'a gateway frozen 10 s',
    outageS: FROZEN_MS / 1000,
    prepare: () => singleGround(),
    play: async ({ gateways, sleep, ignore }) => {
      ignore(0);
      gateways[0].signal('SIGSTOP');
      await sleep(FROZEN_MS);
      gateways[0].signal('SIGCONT');
      await sleep(2000);
    },
  }),
  scenario({
    name: 'gateway-suspended',
    title: 'a gateway suspended past the history, and woken',
    outageS: SUSPENDED_MS / 1000 + 3,
    // Half of this history is over long before the gateway wakes: it must put nothing back.
    env: {
      SCANGATE_TICKET_LIFE: 'PT5S',
      SCANGATE_DECISION_TIME: 'PT5S',
      SCANGATE_TICKET_LIFE_MAX: 'PT8S',
      SCANGATE_CODE_LIFE: 'PT5S',
      SCANGATE_QR_PERIOD: 'PT5S',
      SCANGATE_HISTORY: 'PT20S',
    },
    rates: { signInsPerSecond: 3 },
    forgets: true,
    prepare: () => sentinelGround(),
    play: async ({ ground, gateways, sleep, ignore, breach, chronicle, pardon }) => {
      ignore(0);
      ignore(1);
      await sleep(1500);
      for (const gateway of gateways) gateway.signal('SIGSTOP');
      const master = await ground.topology.master();
      const suspendedMs = Date.now();
      await master.ask('FLUSHALL');
      await ground.topology.failover();
      pardon({ tickets: new Set(chronicle.acknowledged.map(({ ticketId }) => ticketId)) });
      await sleep(SUSPENDED_MS);
      for (const gateway of gateways) gateway.signal('SIGCONT');
      await sleep(6000);
      const log = await readTicketLog([await ground.topology.master()]);
      for (const [ticketId, lines] of log) {
        if (lines.some(({ at }) => at < suspendedMs))
          breach('phantom', 'it came back from the past', ticketId);
      }
    },
  }),
];
