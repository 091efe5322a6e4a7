import { until } from '../../support/until.ts';
import type { Redis } from '../../support/redis.ts';
import { mint } from '../../support/signin.ts';
import { openBrowser } from '../browser.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { cancelAt, confirmAt, repeated, scanTickets } from '../scanned-ticket.ts';
import type { ScannedTicket } from '../scanned-ticket.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario, Stage } from '../scenario.ts';
import { cutReplicas, switchedFrom } from './host-crash.ts';

/** A replica that gets nothing for this long is still promoted: ten times as long as until a server counts as down. */
const DOWN_AFTER_MS = 3000;
const CUT_MS = 20_000;
const RING_S = 10;
const CONFIRM_EVERY_MS = 200;
const MINTS = 10;
const TICKETS = 30;
const MOVES = 3;
const MOVED_TICKETS = 300;
/** How many phones confirm at once while the master moves, and how long after the promotion the gateway dies. */
const PHONES = 12;
const PHONE_EVERY_MS = 20;
const KILLED_AFTER_MS = [600, 1000] as const;
const OUTCOME_MS = 20_000;

/** Confirms one ticket after the other until told to stop, and counts what was answered. */
async function confirmInTurn(
  stage: Stage<SentinelGround>,
  tickets: ScannedTicket[],
  goesOn: () => boolean,
  everyMs = 0,
): Promise<ReadonlyMap<number, number>> {
  const answers = new Map<number, number>();
  for (let given = tickets.pop(); given !== undefined && goesOn(); given = tickets.pop()) {
    const status = await confirmAt(stage, 0, given);
    answers.set(status, (answers.get(status) ?? 0) + 1);
    await stage.sleep(everyMs);
  }
  return answers;
}

/**
 * One gateway alone knows what it confirms while the master moves as planned, and dies before it could put anything
 * back. No Redis dies.
 */
const plannedGatewayKilled = scenario<SentinelGround>({
  name: 'planned-gateway-killed',
  title: 'SENTINEL FAILOVER, the only gateway killed 0.6 to 1 s later, three times',
  rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
  // Refused soon, the phones go on to the next ticket.
  env: { SCANGATE_DURABILITY: 'replicated', SCANGATE_REPLICATION_TIMEOUT: 'PT0.2S' },
  prepare: () => sentinelGround(),
  play: async (stage) => {
    const { ground, gateways, ignore, note } = stage;
    ignore(0);
    ignore(1);
    await gateways[1].kill();
    const counts = { late: 0, refused: 0 };
    for (let move = 0; move < MOVES; move += 1) {
      const { late, refused } = await moveAndKill(stage);
      counts.late += late;
      counts.refused += refused;
      await ground.topology.settled();
      await gateways[0].restart();
    }
    note('confirmed after the promotion', counts.late);
    note('refused', counts.refused);
    await gateways[1].restart();
  },
});

/** How many were confirmed after the replica was promoted and before the gateway died, and how many refused in all. */
async function moveAndKill(
  stage: Stage<SentinelGround>,
): Promise<{ readonly late: number; readonly refused: number }> {
  const { ground, gateways, chronicle, random, sleep } = stage;
  const tickets = [...(await scanTickets(stage, MOVED_TICKETS))];
  const replicas = await ground.topology.replicas();
  let moving = true;
  const failover = ground.topology.failover();
  const phones = Array.from({ length: PHONES }, () =>
    confirmInTurn(stage, tickets, () => moving, PHONE_EVERY_MS),
  );
  await until(async () => (await Promise.all(replicas.map(roleOf))).includes('master'), {
    everyMs: 10,
    what: 'a replica that is promoted',
  });
  const promotedMs = Date.now();
  await sleep(random.between(...KILLED_AFTER_MS));
  await gateways[0].kill();
  moving = false;
  const answers = await Promise.all(phones);
  await failover;
  return {
    late: chronicle.acknowledged.filter(({ status, atMs }) => status === 'confirmed' && atMs > promotedMs)
      .length,
    refused: answers.reduce((sum, given) => sum + (given.get(503) ?? 0), 0),
  };
}

async function roleOf(server: Redis): Promise<string | undefined> {
  return (await server.info('replication'))['role'];
}

/** A gateway that was answered stands still while its master dies, and another, which heard nothing, decides meanwhile. */
const slowGateway = scenario<SentinelGround>({
  name: 'slow-gateway-unreplicated',
  title: 'replicas cut, confirmed at A, A stopped, kill -9 of the master, cancelled at B',
  rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
  prepare: () => sentinelGround(),
  play: async (stage) => {
    const { ground, gateways, ignore, note, sleep } = stage;
    ignore(0);
    ignore(1);
    const tickets = await scanTickets(stage, TICKETS);
    await sleep(500);
    const master = await ground.topology.master();
    gateways[1].signal('SIGSTOP');
    await cutReplicas(master);
    const first = await Promise.all(tickets.map((given) => confirmAt(stage, 0, given)));
    note('confirmed at once', countOf(first, 200));
    note('refused', countOf(first, 503));
    gateways[0].signal('SIGSTOP');
    await master.kill();
    gateways[1].signal('SIGCONT');
    await switchedFrom(master, stage);
    const cancelled = await Promise.all(
      tickets.map((given) => repeated(stage, () => cancelAt(stage, 1, given), OUTCOME_MS)),
    );
    note('cancelled', countOf(cancelled, 204));
    gateways[0].signal('SIGCONT');
    const again = await Promise.all(
      tickets.map((given) => repeated(stage, () => confirmAt(stage, 0, given), OUTCOME_MS)),
    );
    note('confirmed again', countOf(again, 200));
    await sleep(2000);
  },
});

/** Replication stands still for longer than the gateways remember; then the master is lost. */
const replicasCut = scenario<SentinelGround>({
  name: 'replicas-cut',
  title: 'replicas cut 20 s, a ring of 10 s, then kill -9 of the master',
  rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
  env: { SCANGATE_REDO_RING: `PT${RING_S}S` },
  prepare: () => sentinelGround({ downAfterMs: DOWN_AFTER_MS }),
  play: async (stage) => {
    const { ground, gateways, ignore, note, sleep, pardon, chronicle, signIns } = stage;
    ignore(0);
    ignore(1);
    const tickets = [...(await scanTickets(stage, CUT_MS / CONFIRM_EVERY_MS))];
    await sleep(500);
    const master = await ground.topology.master();
    await cutReplicas(master);
    const end = performance.now() + CUT_MS;
    // A mint that gets lost is a new QR code; its browser is told.
    const lost = new Set<string>();
    for (let count = 0; count < MINTS; count += 1) {
      const ticket = await mint(gateways[0].url, { redirectUri: signIns.redirectUri });
      const { ticketId, notice } = ticket;
      chronicle.acknowledge({
        ticketId,
        status: 'pending',
        by: 'browser',
        gateway: 0,
        cursor: notice.cursor,
      });
      signIns.tickets.push(ticket);
      signIns.browsers.push(openBrowser(chronicle, ticket, 'events', [gateways[1].url]));
      lost.add(ticketId);
    }
    pardon({ tickets: lost });
    const answers = await confirmInTurn(stage, tickets, () => performance.now() < end, CONFIRM_EVERY_MS);
    note('confirmed', answers.get(200) ?? 0);
    note('refused', answers.get(503) ?? 0);
    await sleep(end - performance.now());
    await master.kill();
    await switchedFrom(master, stage);
    await sleep(8000);
  },
});

/** The master forgets all and empties its replicas; only the gateways remember, and the tickets are older than their ring. */
const backEmpty = scenario<SentinelGround>({
  name: 'back-empty',
  title: 'the master back empty before Sentinel notices, tickets scanned before the ring began',
  rates: { signInsPerSecond: 0, pulsesPerSecond: 0 },
  env: { SCANGATE_REDO_RING: 'PT5S' },
  prepare: () => sentinelGround({ downAfterMs: 8000 }),
  play: async (stage) => {
    const { ground, ignore, note, sleep } = stage;
    ignore(0);
    ignore(1);
    const tickets = await scanTickets(stage, TICKETS);
    await sleep(8000);
    const master = await ground.topology.master();
    const answers = await Promise.all(tickets.map((given) => confirmAt(stage, 0, given)));
    note('confirmed', countOf(answers, 200));
    await sleep(500);
    await master.kill();
    await master.restart();
    await sleep(8000);
  },
});

function countOf(statuses: readonly number[], wanted: number): number {
  return statuses.filter((status) => status === wanted).length;
}

/** What a master acknowledged is on no replica when it goes. */
export const unreplicatedScenarios: readonly AnyScenario[] = [
  plannedGatewayKilled,
  slowGateway,
  replicasCut,
  backEmpty,
];
