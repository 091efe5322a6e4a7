import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { alice, errorOf, makeWorld, redeeming } from '../oauth/world.ts';
import type { World } from '../oauth/world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const SCOPE = { scope: ['openid', 'offline_access'] };
const sessions = async (): Promise<number> => (await world.server.userSessions.of(alice)).length;
const refreshing = (token: string | undefined) => ({
  form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token },
  authorization: undefined,
  idempotencyKey: undefined,
});

test('attack: a code that was redeemed opens no second session, and ends the first once nobody can have meant it', async () => {
  const code = await world.code();
  await world.server.token(redeeming(code));
  expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
  expect(await errorOf(world.node().token(redeeming(code)))).toBe('invalid_grant');
  expect(await sessions()).toBe(1);
  world.pass(10_001);
  expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
  expect(await sessions()).toBe(0);
});

test('attack: of many that bring one code at one time, one gets tokens', async () => {
  const code = await world.code();
  const nodes = [world.server, world.node()];
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, at) => errorOf(nodes[at % 2]!.token(redeeming(code)))),
  );
  expect(all.filter((error) => error === 'none')).toHaveLength(1);
  expect(await sessions()).toBe(1);
});

test('attack: a refresh token that was used long ago ends the session of who goes on with it', async () => {
  const first = await world.server.token(redeeming(await world.code(SCOPE)));
  const second = await world.server.token(refreshing(first.refresh_token));
  const third = await world.server.token(refreshing(second.refresh_token));
  world.pass(10_001);
  expect(await errorOf(world.server.token(refreshing(first.refresh_token)))).toBe('invalid_grant');
  expect(await errorOf(world.server.token(refreshing(third.refresh_token)))).toBe('invalid_grant');
  expect(await sessions()).toBe(0);
});

test('attack: a code is over with its minute, and with its ticket', async () => {
  const code = await world.code();
  world.pass(60_001);
  expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
  expect(await sessions()).toBe(0);
});
