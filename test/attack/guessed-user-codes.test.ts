import { afterEach, expect, test } from '@jest/globals';
import type { Typist } from '../../src/oauth/authorization/user-codes.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { ScangateError } from '../../src/ticket/error.ts';
import { alice, makeWorld } from '../oauth/world.ts';
import { until } from '../support/until.ts';
import type { World } from '../oauth/world.ts';

let world: World;
afterEach(() => world.close());

const device = { ip: '192.0.2.7', agent: 'television' };

async function begin(): Promise<string> {
  const form = { client_id: 'demo', scope: 'openid' };
  return (await world.server.deviceAuthorization({ form, authorization: undefined }, device)).user_code;
}

/** How a try ended: whether the code was looked up, and what came of it. */
async function outcomeOf(typed: string, by: Typist): Promise<'found' | 'unknown' | 'refused'> {
  try {
    return (await world.server.userCodes.find(typed, by)) === undefined ? 'unknown' : 'found';
  } catch (error) {
    if (error instanceof ScangateError && error.code === 'too_many_requests') return 'refused';
    throw error;
  }
}

test.each([
  ['one user', () => ({ user: alice, address: undefined })],
  ['one user from everywhere', (count: number) => ({ user: alice, address: `192.0.2.${count % 250}` })],
] as const)(
  'attack: of 300 wrong user codes at one time of %s no more than ten are looked up',
  async (_who, by) => {
    world = await makeWorld();
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, count) => outcomeOf('BBBB-BBBB', by(count))),
    );
    expect(outcomes.filter((outcome) => outcome === 'unknown')).toHaveLength(10);
    expect(await outcomeOf(await begin(), by(0))).toBe('refused');
    world.pass(600_001);
    expect(await outcomeOf(await begin(), by(0))).toBe('found');
  },
);

test('attack: right codes of the attacker’s own buy no wrong ones, and cost an honest user none', async () => {
  world = await makeWorld();
  const by = { user: alice, address: '192.0.2.9' };
  const own = await begin();
  const outcomes: string[] = [];
  for (let count = 0; count < 24; count += 1)
    outcomes.push(await outcomeOf(count % 2 === 0 ? own : 'BBBB-BBBB', by));
  expect(outcomes.slice(0, 20).filter((outcome) => outcome === 'unknown')).toHaveLength(10);
  expect(outcomes.slice(20)).toEqual(['refused', 'refused', 'refused', 'refused']);
  const honest = { user: { ...alice, subject: 'bob' }, address: '192.0.2.10' };
  for (let count = 0; count < 30; count += 1) expect(await outcomeOf(own, honest)).toBe('found');
});

const someone = (count: number, address?: string): Typist => ({
  user: { ...alice, subject: `u${count}` },
  address,
});

test('attack: guesses of very many users slow look-ups down, and lock nobody out', async () => {
  const pauses: number[] = [];
  world = await makeWorld({ pause: async (ms) => void pauses.push(ms), userCodeBudget: 50 });
  for (let count = 0; count < 50; count += 1) await outcomeOf('BBBB-BBBB', someone(count));
  expect(pauses).toEqual([]);
  for (let count = 0; count < 3; count += 1) await outcomeOf('BBBB-BBBB', someone(count));
  // Each waits before it is looked up as long as was due by then, and the rest of it behind.
  expect(pauses).toEqual([10, 10, 10, 20, 10]);
  pauses.length = 0;
  expect(await outcomeOf(await begin(), someone(5000))).toBe('found');
  expect(pauses).toEqual([30]);
  world.pass(600_001);
  expect(await outcomeOf('BBBB-BBBB', someone(5001))).toBe('unknown');
  expect(pauses).toEqual([30]);
});

test('attack: guesses of one moment make those behind them as late as all of them are due', async () => {
  const pauses: number[] = [];
  world = await makeWorld({ pause: async (ms) => void pauses.push(ms), userCodeBudget: 50 });
  await Promise.all(Array.from({ length: 110 }, (_, count) => outcomeOf('BBBB-BBBB', someone(count))));
  pauses.length = 0;
  expect(await outcomeOf(await begin(), someone(5000))).toBe('found');
  expect(pauses).toEqual([600]);
});

test('attack: who hangs up before the answer has learnt nothing, and has been counted all the same', async () => {
  let [waiting, goOn] = [false, (): void => undefined];
  const pause = (): Promise<void> => {
    waiting = true;
    return new Promise((resolve) => (goOn = resolve));
  };
  world = await makeWorld({ pause, userCodeBudget: 1 });
  const looked: string[] = [];
  const { ledger } = world;
  const watched = new Proxy(ledger, {
    get:
      (target, name: keyof Ledger) =>
      (...args: never[]) => {
        if (name === 'get' && /^user-code:[^:]+$/.test(String(args[0]))) looked.push(args[0]!);
        return Reflect.apply(target[name], target, args) as unknown;
      },
  });
  const codes = world.node({ ledger: watched, pause, userCodeBudget: 1 }).userCodes;
  await codes.find('BBBB-BBBB', someone(0));
  const second = codes.find('BBBB-BBBB', someone(1));
  await until(() => waiting);
  goOn();
  await second;
  const before = looked.length;
  waiting = false;
  const third = codes.find(await begin(), someone(2));
  await until(() => waiting);
  expect(looked).toHaveLength(before);
  goOn();
  expect(await third).toBeDefined();
  expect(looked.length).toBeGreaterThan(before);
});

test('attack: guesses of many users behind one address are slowed, and shut out none of its other users', async () => {
  const pauses: number[] = [];
  world = await makeWorld({ pause: async (ms) => void pauses.push(ms), userCodeBudget: 100 });
  const guesses = (count: number) => outcomeOf('BBBB-BBBB', someone(count, '192.0.2.9'));
  const outcomes = await Promise.all(Array.from({ length: 60 }, (_, count) => guesses(count)));
  expect(new Set(outcomes)).toEqual(new Set(['unknown']));
  expect(pauses.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, over) => 10 * (over + 1)));
  pauses.length = 0;
  expect(await outcomeOf('BBBB-BBBB', someone(5001, '192.0.2.10'))).toBe('unknown');
  expect(pauses).toEqual([]);
  expect(await outcomeOf(await begin(), someone(5000, '192.0.2.9'))).toBe('found');
  const [known = 0] = pauses;
  expect(known).toBeGreaterThan(0);
  await guesses(5002);
  expect(pauses).toEqual([known, known, 510 - known]);
});

test('attack: who spreads ten wrong codes over the window is shut out for as long again', async () => {
  world = await makeWorld();
  const by = { user: alice, address: undefined };
  for (let count = 0; count < 9; count += 1) expect(await outcomeOf('BBBB-BBBB', by)).toBe('unknown');
  world.pass(540_000);
  expect(await outcomeOf('BBBB-BBBB', by)).toBe('unknown');
  world.pass(120_000);
  expect(await outcomeOf('BBBB-BBBB', by)).toBe('refused');
  world.pass(480_001);
  expect(await outcomeOf(await begin(), by)).toBe('found');
});

test('right codes in flight and one wrong one shut nobody out', async () => {
  world = await makeWorld();
  const by = { user: alice, address: undefined };
  const own = await begin();
  const outcomes = await Promise.all([
    ...Array.from({ length: 9 }, () => outcomeOf(own, by)),
    outcomeOf('BBBB-BBBB', by),
  ]);
  expect(outcomes).toEqual([...Array.from({ length: 9 }, () => 'found'), 'unknown']);
  expect(await outcomeOf(own, by)).toBe('found');
});

test.each([
  ['looked up', 'get', 'user-code:'],
  ['given a place', 'putIfAbsent', 'user-code-try:'],
] as const)('codes that a failing store has not %s cost no try', async (_what, method, prefix) => {
  world = await makeWorld();
  const { ledger } = world;
  let fails = true;
  const failing = new Proxy(ledger, {
    get:
      (target, name: keyof Ledger) =>
      async (...args: never[]): Promise<unknown> => {
        const done: unknown = await Reflect.apply(target[name], target, args);
        const isDone = (done as { stored?: boolean } | null)?.stored !== false;
        if (fails && isDone && name === method && String(args[0]).startsWith(prefix))
          throw new ScangateError('store_unavailable');
        return done;
      },
  });
  const codes = world.node({ ledger: failing }).userCodes;
  const by = { user: alice, address: undefined };
  const own = await begin();
  for (let count = 0; count < 10; count += 1)
    await expect(codes.find(own, by)).rejects.toMatchObject({ code: 'store_unavailable' });
  fails = false;
  expect(await codes.find(own, by)).toBeDefined();
});
