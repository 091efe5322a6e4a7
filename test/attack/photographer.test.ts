import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Sender } from '../fuzz/exchange.ts';
import { comparable, makePhotographer, nextTry, photographAll, unknownTicket } from '../fuzz/photograph.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { rounds, seeded } from '../support/random.ts';

/** A sample of `npm run photographer`, which also compares how long answers take. */
const TRIES = rounds(150, 10_000);

let gateway: Gateway;
let sender: Sender;
beforeAll(async () => {
  gateway = await startGateway();
  sender = new Sender(gateway.url, 4);
});
afterAll(async () => {
  sender.close();
  await gateway.stop();
});

test(
  'attack: a photograph of the code opens nothing, and its ticket is answered like one that never was',
  seeded(async (random) => {
    const tickets = await photographAll(gateway.url);
    const photographer = await makePhotographer(gateway.url);
    for (let count = 0; count < TRIES; count += 1) {
      const { name, tried } = nextTry(photographer, random);
      const real = random.pick(tickets);
      const unreal = unknownTicket(random);
      const [one, other] = await Promise.all(
        [real, unreal].map(async (ticket) => comparable(await sender.send(tried(ticket)), ticket)),
      );
      expect([name, real.state, one]).toEqual([name, real.state, other]);
      expect(one).not.toMatchObject({ status: 200 });
    }
    const now = await Promise.all(tickets.map(({ look }) => look!()));
    expect(now).toEqual(tickets.map(({ state }) => state));
  }),
);
