import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import type { Violation } from '../support/oracle.ts';
import { rounds, seeded } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { Recorder } from '../support/recorder.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { cancel, confirm, deny, endsWatch, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';
import { History } from './history.ts';

const AT_A_TIME = 6;
const OBSERVERS_MAX = 4;
/** Longer than a transition takes, so that subscribing falls before, into and behind each. */
const DELAY_MAX_MS = 25;

let redis: Redis;
let urls: readonly string[];
let gateways: readonly Gateway[] = [];

beforeAll(async () => {
  redis = await startRedis();
  // Without the reading again that makes up for a lost wake-up: here each must come.
  const never = { SCANGATE_RECHECK_MIN: 'PT50M', SCANGATE_RECHECK_MAX: 'PT1H' };
  const env = { SCANGATE_STORE: redis.url, ...never };
  gateways = await Promise.all([startGateway({ env }), startGateway({ env })]);
  urls = gateways.map(({ url }) => url);
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await redis?.stop();
});

/** Watches in one or two pieces, on whatever node and transport, from whatever moment on, until the outcome. */
async function observe(ticket: Minted, name: string, random: Random, recorder: Recorder): Promise<void> {
  const onNotice = recorder.observe(ticket.ticketId, name);
  await sleep(random.between(0, DELAY_MAX_MS * 2));
  let after: string | undefined;
  if (random.chance(0.5)) {
    const piece = watch(random.pick(TRANSPORTS), ticket, { bases: random.shuffled(urls), onNotice });
    await sleep(random.between(0, DELAY_MAX_MS * 2));
    piece.stop();
    const last = piece.notices.at(-1);
    if (last !== undefined && endsWatch(last.status)) return;
    after = last?.cursor;
  }
  const rest = watch(random.pick(TRANSPORTS), ticket, {
    bases: random.shuffled(urls),
    onNotice,
    ...(after !== undefined && { after }),
  });
  await rest.final;
}

/** Takes a ticket to an end, with a race now and then, each step at whatever node. */
async function act(ticket: Minted, random: Random, recorder: Recorder, history: History): Promise<void> {
  const { ticketId } = ticket;
  const wait = (): Promise<void> => sleep(random.between(0, DELAY_MAX_MS));
  const at = (): string => random.pick(urls);
  await wait();
  const scanned = expectStatus(await scan(at(), readScanCode(ticket.notice)), 201);
  recorder.acknowledge(ticketId, 'scanned', 'alice');
  await history.look(at());
  await wait();
  const moves = {
    confirmed: () => confirm(at(), scanned),
    denied: () => deny(at(), scanned),
    cancelled: () => cancel(ticket, at()),
  };
  const chosen = random
    .shuffled(Object.keys(moves) as (keyof typeof moves)[])
    .slice(0, random.chance(0.3) ? 2 : 1);
  const answers = await Promise.all(
    chosen.map(async (status) => ({ status, answer: await moves[status]() })),
  );
  for (const { status, answer } of answers)
    if (answer.status < 300) recorder.acknowledge(ticketId, status, 'alice');
  if ((await history.look(at())).status !== 'confirmed' || random.chance(0.5)) return;
  await wait();
  const seen = watch('poll', ticket);
  const { result } = await seen.final;
  const tokens = expectStatus(await redeem(at(), ticket, result?.code ?? ''), 200);
  recorder.acknowledge(ticketId, 'redeemed', 'the client');
  recorder.redeem(ticketId, tokens.access_token);
  await history.look(at());
}

async function interleave(random: Random): Promise<Violation[]> {
  const recorder = new Recorder();
  const ticket = await mint(random.pick(urls));
  const history = new History(ticket);
  const observers = Array.from({ length: random.between(1, OBSERVERS_MAX) }, (_, index) =>
    observe(ticket, `observer ${index}`, random.fork(), recorder),
  );
  await Promise.all([act(ticket, random.fork(), recorder, history), ...observers]);
  return recorder.judge(history.log);
}

test(
  'two nodes, subscribing and transitions interleaved at random: each observer ends on the truth',
  seeded(async (random) => {
    const count = rounds(60, 10_000);
    let left = count;
    const work = async (mine: Random): Promise<void> => {
      while (left > 0) {
        left -= 1;
        expect(await interleave(mine.fork())).toEqual([]);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, () => work(random.fork())));
    console.log(`${count} interleavings on two nodes`);
  }),
  3_600_000,
);
