import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { sidOf } from '../../src/oauth/tokens/opening.ts';
import { ISSUER, alice, errorOf, makeWorld, redeeming } from './world.ts';
import type { Minting, World } from './world.ts';

const CALLBACK = 'https://web.example/cb';

let world: World;

beforeEach(async () => {
  world = await makeWorld();
  world.register({
    client_id: 'web',
    redirect_uris: [CALLBACK],
    response_types: ['code', 'id_token'],
  });
});

afterEach(() => world.close());

const FORM = {
  client_id: 'web',
  redirect_uri: CALLBACK,
  state: 'st',
  nonce: 'n',
  binding: 'cookie',
} as const;

async function ended(content: 'code' | 'id_token' | undefined, isActive = true, more: Minting = {}) {
  const ticketId = await world.mint({
    ...FORM,
    form_post: content,
    ...(content === 'id_token' ? { code_challenge: undefined } : {}),
    ...more,
  });
  await world.approve(ticketId);
  const server = world.node({ isActive: () => Promise.resolve(isActive) });
  return { ticketId, answer: async () => server.formAnswer(await world.tickets.look(ticketId, () => {})) };
}

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );

describe('an answer by form', () => {
  test('is an ID token with the nonce and the session, made as the ticket is redeemed', async () => {
    const { ticketId, answer } = await ended('id_token');
    const form = await answer();
    expect(form).toMatchObject({ action: CALLBACK, members: { state: 'st', iss: ISSUER } });
    const claims = decodeJwt(form?.members['id_token'] ?? '');
    const view = await world.tickets.look(ticketId, () => {});
    expect(view.ticket.status).toBe('redeemed');
    const sid = sidOf(world.secrets, view);
    expect(claims).toMatchObject({ iss: ISSUER, aud: 'web', sub: 'alice', nonce: 'n', sid });
    expect((await world.server.userSessions.of(alice)).map((session) => session.sid)).toEqual([sid]);
  });

  test('comes out the same for a page that is loaded again at once, and later not at all', async () => {
    const { answer } = await ended('id_token');
    const first = await answer();
    world.pass(9000);
    expect(await answer()).toEqual(first);
    world.pass(2000);
    expect(await codeOf(answer())).toBe('already_redeemed');
    expect(await world.server.userSessions.of(alice)).toHaveLength(1);
  });

  test('is a code until that is redeemed', async () => {
    const { answer } = await ended('code');
    const code = (await answer())?.members['code'] ?? '';
    const asked = redeeming(code, { client_id: 'web', redirect_uri: CALLBACK });
    expect((await world.server.token(asked)).token_type).toBe('Bearer');
    expect(await codeOf(answer())).toBe('already_redeemed');
  });

  test('tells the client of a user who may not sign in', async () => {
    const { answer } = await ended('id_token', false);
    expect((await answer())?.members).toMatchObject({ error: 'access_denied', state: 'st', iss: ISSUER });
  });

  test('holds nothing of another user than the one that was asked for', async () => {
    const bob = await ended('id_token', true, { expected_sub: 'bob' });
    expect((await bob.answer())?.members).toMatchObject({ error: 'access_denied', state: 'st' });
    const { answer } = await ended('id_token', true, { expected_sub: 'alice' });
    expect((await answer())?.members).toHaveProperty('id_token');
  });

  test('is none while nothing is decided, and none for a ticket whose answer goes by redirect', async () => {
    const ticketId = await world.mint({ ...FORM, form_post: 'id_token' });
    const waiting = await world.tickets.look(ticketId, () => {});
    expect(await world.server.formAnswer(waiting)).toBeUndefined();
    expect(await codeOf((await ended(undefined)).answer())).toBe('not_found');
  });
});

test('attack: the code behind an ID token by form opens nothing at the token endpoint', async () => {
  const code = await world.code({ ...FORM, form_post: 'id_token', code_challenge: undefined });
  const form = { client_id: 'web', redirect_uri: CALLBACK, code_verifier: undefined };
  expect(await errorOf(world.server.token(redeeming(code, form)))).toBe('invalid_grant');
});

describe('attack: what the authorization endpoint checked', () => {
  const open = { client_id: 'web', redirect_uri: CALLBACK, state: 'st', nonce: 'n' };

  test('is taken as it was sealed', () => {
    const text = world.server.carried.seal(open, { form_post: 'id_token' });
    const requested_at = world.now();
    expect(world.server.carried.open(open, text)).toEqual({ form_post: 'id_token', requested_at });
  });

  test('does not count after an hour, however often it was sealed again', () => {
    const text = world.server.carried.seal(open, {});
    world.pass(3_000_000);
    const again = world.server.carried.seal(open, world.server.carried.open(open, text) ?? {});
    world.pass(600_000);
    expect(world.server.carried.open(open, again)).toBeDefined();
    world.pass(1);
    for (const old of [text, again]) expect(world.server.carried.open(open, old)).toBeUndefined();
  });

  test.each([
    ['another client', { client_id: 'demo' }],
    ['another redirect address', { redirect_uri: 'https://evil.example/' }],
    ['another nonce', { nonce: 'm' }],
    ['no state', { state: undefined }],
    ['an empty state', { state: '' }],
    ['a challenge', { code_challenge: 'c'.repeat(43) }],
  ])('does not count with %s', (_what, more) => {
    const text = world.server.carried.seal(open, { form_post: 'id_token' });
    expect(world.server.carried.open({ ...open, ...more }, text)).toBeUndefined();
  });

  test('does not count when it is written by others', () => {
    const [, mac] = world.server.carried.seal(open, {}).split('.');
    const forged = Buffer.from(JSON.stringify({ form_post: 'id_token' })).toString('base64url');
    for (const text of [`${forged}.${mac}`, forged, '', '.', `${forged}.${'A'.repeat(22)}`])
      expect(world.server.carried.open(open, text)).toBeUndefined();
  });
});
