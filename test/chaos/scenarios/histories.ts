import { openBrowser } from '../browser.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { readTicketLog } from '../log.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';
import { cancel, confirm, deny, mint, readScanCode, redeem, scan } from '../../support/signin.ts';
import type { Minted } from '../../support/signin.ts';
import { expectStatus } from '../../support/call.ts';
import { TRANSPORTS } from '../../support/watching.ts';
import { crashHost, switchedFrom } from './host-crash.ts';

const TICKETS = 9;
const LATE_TICKETS = 15;
const LIFE_MS = 6000;
const LEFT_MS = 1000;
/** Everything of the last second and a half has left the master towards nobody. */
const LATENCY_MS = 1500;

/** Tickets that the scenario plays itself, watched at one gateway, each transport in turn. */
async function mintWatched(stage: Stage<SentinelGround>, count: number): Promise<Minted[]> {
  const { chronicle, signIns } = stage;
  const [{ url }] = stage.gateways;
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const ticket = await mint(url, { redirectUri: signIns.redirectUri });
      const { ticketId, notice } = ticket;
      chronicle.acknowledge({
        ticketId,
        status: 'pending',
        by: 'browser',
        gateway: 0,
        cursor: notice.cursor,
      });
      signIns.tickets.push(ticket);
      signIns.browsers.push(openBrowser(chronicle, ticket, TRANSPORTS[index % TRANSPORTS.length]!, [url]));
      return ticket;
    }),
  );
}

/** What is put back meets a past that went another way, or a deadline that has passed meanwhile. */
export const historyScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'other-history',
    title: '`acknowledged`: a restore onto another history',
    env: { SCANGATE_DURABILITY: 'acknowledged' },
    rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { ground, gateways, chronicle, signIns, sleep, ignore, breach, note } = stage;
      const [{ url: lostAt }, { url: keptAt }] = gateways;
      const master = await ground.topology.master();
      ignore(0);
      ignore(1);
      const tickets = await mintWatched(stage, TICKETS);
      const link = await ground.link(await ground.topology.replicas());
      await sleep(500);

      // The first gateway and the master know of Alice's scans; nobody else does, and both are gone.
      gateways[1].signal('SIGSTOP');
      await mint(lostAt, { redirectUri: signIns.redirectUri }); // it still hears this, its last read waits for it
      await sleep(300);
      link.set('toClient', { kind: 'hold' });
      for (const ticket of tickets) {
        expectStatus(await scan(lostAt, readScanCode(ticket.notice), 'alice'), 201);
      }
      await sleep(300);
      gateways[0].signal('SIGSTOP');
      await crashHost(master, link);
      gateways[1].signal('SIGCONT');
      await switchedFrom(master, stage);
      await sleep(1500);

      for (const [index, ticket] of tickets.entries()) {
        const { ticketId } = ticket;
        if (index % 3 === 0) {
          expectStatus(await cancel(ticket, keptAt), 204);
          chronicle.acknowledge({ ticketId, status: 'cancelled', by: 'browser', gateway: 1 });
          continue;
        }
        const scanned = expectStatus(await scan(keptAt, readScanCode(ticket.notice), 'bob'), 201);
        chronicle.acknowledge({
          ticketId,
          status: 'scanned',
          by: 'the phone of bob',
          gateway: 1,
          user: 'bob',
        });
        if (index % 3 === 1) continue;
        expectStatus(await deny(keptAt, scanned, 'bob'), 200);
        chronicle.acknowledge({ ticketId, status: 'denied', by: 'the phone of bob', gateway: 1 });
      }
      gateways[0].signal('SIGCONT');
      await sleep(5000);
      const log = await readTicketLog(await ground.masters());
      for (const [ticketId, lines] of log) {
        if (lines.some(({ user }) => user === 'alice')) breach('doubled', 'a lost scan came back', ticketId);
      }
      note('refused', TICKETS);
    },
  }),
  scenario({
    name: 'deadline',
    title: 'confirmed 1 s before the deadline, then a crash',
    rates: { signInsPerSecond: 0, pulsesPerSecond: 10 },
    env: {
      SCANGATE_TICKET_LIFE: `PT${LIFE_MS / 1000}S`,
      SCANGATE_DECISION_TIME: `PT${LIFE_MS / 1000}S`,
      SCANGATE_TICKET_LIFE_MAX: `PT${LIFE_MS / 1000}S`,
      SCANGATE_QR_PERIOD: `PT${LIFE_MS / 1000}S`,
    },
    prepare: () => sentinelGround(),
    play: async (stage) => {
      const { ground, gateways, chronicle, sleep, signIns, note } = stage;
      const master = await ground.topology.master();
      const link = await ground.link(await ground.topology.replicas());
      const start = performance.now();
      const tickets = await mintWatched(stage, LATE_TICKETS);
      const [one, other] = gateways;
      const scanned = await Promise.all(
        tickets.map(async (ticket, index) =>
          expectStatus(await scan(one.url, readScanCode(ticket.notice), `late-${index}`), 201),
        ),
      );
      link.set('toClient', { kind: 'latency', delayMs: LATENCY_MS });
      await sleep(LIFE_MS - LEFT_MS - (performance.now() - start));
      const gateway = 1;
      const confirmed = await Promise.all(
        scanned.map(async ({ ticket_id: ticketId, handshake }, index) => {
          const given = { ticket_id: ticketId, handshake };
          const { status } = await confirm(other.url, given, `late-${index}`);
          if (status !== 200) return false;
          chronicle.acknowledge({ ticketId, status: 'confirmed', by: `the phone of late-${index}`, gateway });
          return true;
        }),
      );
      await crashHost(master, link);
      await switchedFrom(master, stage);
      note('confirmed late', confirmed.filter(Boolean).length);
      await Promise.all(
        signIns.browsers.map(async (browser, index) => {
          const notice = await browser.outcome(10_000);
          const ticket = tickets[index]!;
          if (notice?.result === undefined) return;
          const { status } = await redeem(other.url, ticket, notice.result.code);
          const { ticketId } = ticket;
          if (status === 200)
            chronicle.acknowledge({ ticketId, status: 'redeemed', by: 'the client', gateway });
        }),
      );
    },
  }),
];
