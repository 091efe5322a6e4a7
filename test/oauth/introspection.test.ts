import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CALLBACK, makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-secret-of-its-own';
let world: World;

beforeAll(async () => {
  world = await makeWorld();
  const common = { client_secret: SECRET, redirect_uris: [CALLBACK] };
  world.register({ ...common, client_id: 'web' });
  world.register({ ...common, client_id: 'stranger' });
  world.register({ ...common, client_id: 'api', scangate: { introspects: ['web'] } });
});

afterAll(async () => {
  await world.close();
});

const isActive = async (clientId: string, token: string | undefined): Promise<boolean> => {
  const form = { client_id: clientId, ...(clientId !== 'demo' && { client_secret: SECRET }), token };
  return (await world.server.introspect({ authorization: undefined, form })).active;
};

test('a client learns of its own tokens, and of the access tokens of the clients that its operator named', async () => {
  const scope = ['openid', 'offline_access'];
  const proof = { client_id: 'web', client_secret: SECRET };
  const webs = await world.server.token(redeeming(await world.code({ client_id: 'web', scope }), proof));
  const demos = await world.server.token(redeeming(await world.code({ scope })));
  for (const member of ['access_token', 'refresh_token'] as const) {
    const told = (token: string | undefined): Promise<boolean[]> =>
      Promise.all(['web', 'api', 'stranger', 'demo'].map((id) => isActive(id, token)));
    expect(await told(webs[member])).toEqual([true, member === 'access_token', false, false]);
    expect(await told(demos[member])).toEqual([false, false, false, true]);
  }
});
