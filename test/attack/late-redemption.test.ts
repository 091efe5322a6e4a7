import { afterEach, expect, test } from '@jest/globals';
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
