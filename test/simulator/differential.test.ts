import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { rounds, seeded } from '../support/random.ts';
import { LuaMachine } from './lua/machine.ts';
import { RealServer } from './differential/real-server.ts';
import { sameNodes } from './differential/nodes.ts';
import { Walk } from './differential/walk.ts';

const CALLS = rounds(2_500, 10_000);

let server: Redis;
let real: RealServer;
let machine: LuaMachine;

beforeAll(async () => {
  server = await startRedis();
  real = new RealServer(server.port);
  machine = await LuaMachine.create();
});

afterAll(async () => {
  real.close();
  await server.stop();
});

/** Texts and numbers at whose sizes their encoding in a node changes. */
const LENGTHS = [0, 1, 19, 20, 62, 63, 64, 65, 125, 126, 127, 128, 1_000, 4_000, 5_000];
const NUMBERS = [127, 128, -1, 4_095, 4_096, -4_097, 32_768, 8_388_608, 2_147_483_648, '007'];

/** Outcomes that a walk comes to, however short it is. */
const COMMON = [
  outcomes('append', 0, 1, 2, 3, 4, 5, 6, 7),
  outcomes('append several', 0, 2, 3, 4, 5, 6),
  outcomes('restore', 0, 1, 5, 6, 7),
  outcomes('rebuild', -1, 0, 1),
  outcomes('read', 'there', 'missing'),
  outcomes('due', 'some', 'none'),
  outcomes('trim', 'something', 'nothing'),
  outcomes('ledger replace', 0, 1),
  outcomes('ledger delete', 0, 1),
  outcomes('enter', 'healing', 'open'),
  outcomes('say', 'healing', 'open', 'over'),
  outcomes('strike', 'open'),
  'ledger put: answered',
  'ledger add: 1',
  'ledger members: answered',
  'ledger count: answered',
].flat();

function outcomes(name: string, ...codes: readonly (number | string)[]): string[] {
  return codes.map((code) => `${name}: ${code}`);
}

test(
  `${CALLS} random calls answer alike on a real server and on a simulated one, and leave the same data`,
  seeded(async (random) => {
    const walk = new Walk(real, machine, random);
    await walk.begin();
    await walk.go(CALLS);
    expect(COMMON.filter((outcome) => !walk.tally.has(outcome))).toEqual([]);
  }),
  120_000,
);

test('a trim takes nodes away that hold as many entries', async () => {
  await real.run(['FLUSHALL']);
  for (const length of LENGTHS) await sameNodes(real, machine, 'w'.repeat(length));
  for (const number of NUMBERS) await sameNodes(real, machine, String(number));
});
