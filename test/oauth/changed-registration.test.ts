import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { minting } from '../../src/http/tickets/minting.ts';
import type { MintingParts } from '../../src/http/tickets/minting.ts';
import { alice, errorOf, makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

const CALLBACK = 'https://shop.example/cb';
const API = 'https://api.example';
const SHOP = {
  client_id: 'shop',
  redirect_uris: [CALLBACK],
  scope: 'openid email offline_access',
  scangate: { resources: [API] },
};
const TICKET = { client_id: 'shop', redirect_uri: CALLBACK, scope: ['openid', 'offline_access'] };
const FORM = { client_id: 'shop', redirect_uri: CALLBACK };

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => {
  await world.close();
});

describe('attack: what was asked for under a registration that has changed since', () => {
  test('a code for an address that is registered no more is worth nothing', async () => {
    world.register(SHOP);
    const codes = [await world.code(TICKET), await world.code(TICKET)];
    expect(await errorOf(world.server.token(redeeming(codes[0] ?? '', FORM)))).toBe('none');
    world.register({ ...SHOP, redirect_uris: ['https://other.example/cb'] });
    expect(await errorOf(world.server.token(redeeming(codes[1] ?? '', FORM)))).toBe('invalid_grant');
  });

  test('a resource that is registered no more gets no tokens, of codes and refreshes', async () => {
    world.register(SHOP);
    const codes = [
      await world.code({ ...TICKET, resource: API }),
      await world.code({ ...TICKET, resource: API }),
    ];
    const first = await world.server.token(redeeming(codes[0] ?? '', FORM));
    expect(decodeJwt(first.access_token).aud).toContain(API);
    world.register({ ...SHOP, scangate: {} });
    expect(await errorOf(world.server.token(redeeming(codes[1] ?? '', FORM)))).toBe('invalid_target');
    const refreshing = {
      ...redeeming('', { client_id: 'shop' }),
      form: { grant_type: 'refresh_token', client_id: 'shop', refresh_token: first.refresh_token },
    };
    expect(await errorOf(world.server.token(refreshing))).toBe('invalid_target');
    world.register(SHOP);
    expect(await errorOf(world.server.token(refreshing))).toBe('none');
  });

  test('a claim that is registered no more is not released', async () => {
    const user = { ...alice, claims: { email: 'alice@example.com' } };
    const asked = { ...TICKET, claims: { id_token: ['email'], userinfo: [] } };
    world.register(SHOP);
    const codes = [await world.code(asked, user), await world.code(asked, user)];
    const emailIn = async (code = ''): Promise<unknown> =>
      decodeJwt((await world.server.token(redeeming(code, FORM))).id_token ?? '')['email'];
    expect(await emailIn(codes[0])).toBe('alice@example.com');
    world.register({ ...SHOP, scope: 'openid offline_access' });
    expect(await emailIn(codes[1])).toBeUndefined();
  });

  test('a page mints nothing for it', () => {
    const client = world.register(SHOP);
    const { check } = minting({
      clients: { find: (id: string) => world.clients.get(id) },
      carried: world.server.carried,
    } as unknown as MintingParts);
    const open = { client_id: client.client_id, redirect_uri: CALLBACK, code_challenge: 'c'.repeat(43) };
    const request = world.server.carried.seal(open, { resource: API });
    const asked = { ...open, code_challenge_method: 'S256' as const, request };
    expect(check(asked, 'cookie').checked.resource).toBe(API);
    world.register({ ...SHOP, scangate: {} });
    expect(() => check(asked, 'cookie')).toThrow('It is not registered any more.');
  });
});
