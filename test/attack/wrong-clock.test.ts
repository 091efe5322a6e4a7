import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { alice, errorOf, makeWorld, redeeming } from '../oauth/world.ts';
import type { World } from '../oauth/world.ts';

/** One node's own clock is wrong by ten minutes, because somebody set it, or it was never set. The store's is right. */

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const TEN_MINUTES = 600_000;
const nodeOff = (ms: number) => world.node({ now: () => world.now() + ms });

describe.each([
  ['ahead', TEN_MINUTES],
  ['behind', -TEN_MINUTES],
])('a node whose clock is ten minutes %s', (_how, ms) => {
  test('redeems what is still good, and tells the time of the store in its tokens', async () => {
    const tokens = await nodeOff(ms).token(redeeming(await world.code()));
    const { iat = 0, exp = 0 } = decodeJwt(tokens.access_token);
    expect([iat, exp]).toEqual([world.now() / 1000, world.now() / 1000 + 600].map(Math.floor));
    const shown = { token: tokens.access_token, scheme: 'Bearer', proof: undefined } as const;
    const request = { method: 'GET', path: '/oauth/userinfo' };
    expect(await errorOf(world.server.access.require(shown, request))).toBe('none');
    expect(await errorOf(nodeOff(ms).access.require(shown, request))).toBe('none');
  });

  test('attack: does not let what is over begin, or go on', async () => {
    const code = await world.code();
    const tokens = await world.server.token(redeeming(await world.code()));
    world.pass(60_001);
    expect(await errorOf(nodeOff(ms).token(redeeming(code)))).toBe('invalid_grant');
    world.pass(540_000);
    const shown = { token: tokens.access_token, scheme: 'Bearer', proof: undefined } as const;
    const request = { method: 'GET', path: '/oauth/userinfo' };
    expect(await errorOf(nodeOff(ms).access.require(shown, request))).toBe('invalid_token');
  });

  test('ends what its user ends, here and there', async () => {
    await world.server.token(redeeming(await world.code()));
    await nodeOff(ms).userSessions.endAll(alice);
    expect(await world.server.userSessions.of(alice)).toEqual([]);
    world.pass(1);
    expect(await errorOf(world.server.token(redeeming(await world.code())))).toBe('none');
  });
});
