import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds, seeded } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { Recorder } from '../support/recorder.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { confirm, deny, mint, readScanCode, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';
import { History } from './history.ts';

/** Tickets that each node takes with it: many commands fall into the few milliseconds that count. */
const TICKETS = 20;
/** The phones decide within this time. */
const SPREAD_MS = 60;

let redis: Redis;
let stays: Gateway;

// How soon Redis answers on a busy machine is another test's matter.
const start = (): Promise<Gateway> =>
  startGateway({ env: { SCANGATE_STORE: redis.url, SCANGATE_STORE_TIMEOUT: 'PT20S' } });

beforeAll(async () => {
  redis = await startRedis();
  stays = await start();
});

afterAll(async () => {
  await stays?.stop();
  await redis?.stop();
});

interface Round {
  committed: number;
  answered: number;
}

/** All phones decide at the doomed node, which is killed among the answers; the browsers watch at the other one. */
async function killAmongAnswers(doomed: Gateway, random: Random): Promise<Round> {
  const round: Round = { committed: 0, answered: 0 };
  const tickets = await Promise.all(
    Array.from({ length: TICKETS }, async (_, index) => {
      const ticket = await mint(stays.url);
      const recorder = new Recorder();
      const history = new History(ticket);
      const watching = watch(TRANSPORTS[index % TRANSPORTS.length]!, ticket, {
        onNotice: recorder.observe(ticket.ticketId, 'browser'),
      });
      const scanned = expectStatus(await scan(doomed.url, readScanCode(ticket.notice)), 201);
      await history.look(stays.url);
      await watching.told('scanned');
      return { ticket, history, watching, scanned, recorder };
    }),
  );
  const deciding = tickets.map(async ({ ticket, scanned, recorder }) => {
    const yes = random.chance(0.8);
    await sleep(random.between(0, SPREAD_MS));
    const answer = await (yes ? confirm : deny)(doomed.url, scanned).catch(() => undefined);
    if (answer?.status !== 200) return;
    round.answered += 1;
    recorder.acknowledge(ticket.ticketId, yes ? 'confirmed' : 'denied', 'the phone');
  });
  // By answers and not by a clock, so that a slow machine does not kill before anything was accepted.
  const heard = random.between(1, TICKETS / 4);
  await until(() => round.answered >= heard, { withinMs: 30_000, everyMs: 1, what: 'the first answers' });
  await doomed.kill();
  await Promise.all(deciding);
  for (const { history, watching, scanned, recorder } of tickets) {
    const { status } = await history.look(stays.url);
    if (status !== 'scanned') round.committed += 1;
    else {
      expectStatus(await confirm(stays.url, scanned), 200);
      await history.look(stays.url);
    }
    await watching.final;
    expect(recorder.judge(history.log)).toEqual([]);
  }
  await doomed.stop();
  return round;
}

test(
  'the node that accepted is killed between commit and fan-out: observers of the other one see it',
  seeded(async (random) => {
    const count = rounds(2, 1000);
    const total: Round = { committed: 0, answered: 0 };
    let next = start();
    for (let round = 0; round < count; round += 1) {
      const doomed = await next;
      next = round + 1 < count ? start() : next;
      const { committed, answered } = await killAmongAnswers(doomed, random);
      total.committed += committed;
      total.answered += answered;
    }
    console.log(
      `${count} kills among ${count * TICKETS} decisions: ${total.committed} were committed by the killed node, ` +
        `${total.committed - total.answered} of them unheard by their phone`,
    );
    expect(total.committed).toBeGreaterThan(0);
  }),
  3_600_000,
);
