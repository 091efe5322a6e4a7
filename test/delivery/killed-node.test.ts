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
import { TRANSPORTS, watch } from '../support/watching.ts';
import { History } from './history.ts';

/** Tickets that each node takes with it: many commands fall into the few milliseconds that count. */
const TICKETS = 20;
/** As long as a decision takes here, from the first byte to the answer. */
const KILL_WITHIN_MS = 60;

let redis: Redis;
let stays: Gateway;

const start = (): Promise<Gateway> => startGateway({ env: { SCANGATE_STORE: redis.url } });

beforeAll(async () => {
  redis = await startRedis();
  stays = await start();
}, 60_000);

afterAll(async () => {
  await stays?.stop();
  await redis?.stop();
});

interface Round {
  committed: number;
  unanswered: number;
}

/** All phones decide at the doomed node, which is killed among the answers; the browsers watch at the other one. */
async function killAmongAnswers(doomed: Gateway, random: Random): Promise<Round> {
  const round: Round = { committed: 0, unanswered: 0 };
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
    await sleep(random.between(0, KILL_WITHIN_MS));
    const answer = await (yes ? confirm : deny)(doomed.url, scanned).catch(() => undefined);
    if (answer?.status === 200)
      recorder.acknowledge(ticket.ticketId, yes ? 'confirmed' : 'denied', 'the phone');
    else round.unanswered += 1;
  });
  await sleep(random.between(KILL_WITHIN_MS / 3, KILL_WITHIN_MS));
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
    const count = rounds(4, 200);
    const total: Round = { committed: 0, unanswered: 0 };
    let next = start();
    for (let round = 0; round < count; round += 1) {
      const doomed = await next;
      next = round + 1 < count ? start() : next;
      const { committed, unanswered } = await killAmongAnswers(doomed, random);
      total.committed += committed;
      total.unanswered += unanswered;
    }
    console.log(
      `${count} kills among ${count * TICKETS} decisions: ${total.committed} were committed by the killed node, ` +
        `${total.unanswered} phones heard nothing`,
    );
    expect(total.committed).toBeGreaterThan(0);
  }),
  3_600_000,
);
