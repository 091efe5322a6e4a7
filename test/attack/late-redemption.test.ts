import { afterEach, expect, test } from '@jest/globals';
import type { Ledger } from '../../src/store/ledger.ts';
import { alice, makeWorld, redeeming } from '../oauth/world.ts';
import type { World } from '../oauth/world.ts';

let world: World;
afterEach(() => world.close());

test('attack: what was confirmed before its user signed out everywhere opens no session', async () => {
  world = await makeWorld();
  const [before, ofBob] = [await world.code(), await world.code({}, { ...alice, subject: 'bob' })];
  await world.server.userSessions.endAll(alice);
  await expect(world.server.token(redeeming(before))).rejects.toMatchObject({ error: 'invalid_grant' });
  expect(await world.server.userSessions.of(alice)).toEqual([]);
  expect(await world.server.token(redeeming(ofBob))).toBeDefined();
  world.pass(1);
  expect(await world.server.token(redeeming(await world.code()))).toBeDefined();
});

test.each([
  ['an hour behind', -3_600_000],
  ['right', 0],
  ['an hour ahead', 3_600_000],
])(
  'attack: nor by way of a node whose clock is %s; what is confirmed later opens one',
  async (_how, offMs) => {
    world = await makeWorld();
    const before = await world.code();
    const node = world.node({ now: () => world.now() + offMs });
    await node.userSessions.endAll(alice);
    await expect(world.server.token(redeeming(before))).rejects.toMatchObject({ error: 'invalid_grant' });
    world.pass(1);
    const after = await world.server.token(redeeming(await world.code()));
    expect(after.access_token).toBeDefined();
  },
);

test('attack: nor where another sign-out, which looked at the clock earlier, comes in between', async () => {
  world = await makeWorld();
  await world.server.userSessions.endAll(alice);
  world.pass(10);
  const earlier = String(world.now());
  world.pass(10);
  const before = await world.code();
  let isCrossed = false;
  const crossed: Ledger = new Proxy(world.ledger, {
    get:
      (target, name: keyof Ledger) =>
      async (...args: never[]) => {
        if (name === 'replaceIf' && !isCrossed) {
          isCrossed = true;
          const [key, expected, , lifeMs] = args as unknown as Parameters<Ledger['replaceIf']>;
          expect(await target.replaceIf(key, expected, earlier, lifeMs)).toBe(true);
        }
        return (await Reflect.apply(target[name], target, args)) as unknown;
      },
  });
  await world.node({ ledger: crossed }).userSessions.endAll(alice);
  expect(isCrossed).toBe(true);
  await expect(world.server.token(redeeming(before))).rejects.toMatchObject({ error: 'invalid_grant' });
});
