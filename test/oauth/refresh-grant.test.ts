import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { OAuthServer } from '../../src/oauth/server.ts';
import type { TokenAnswer } from '../../src/oauth/tokens/tokens.ts';
import { makeWorld, redeeming, errorOf } from './world.ts';
import type { World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});

afterAll(async () => {
  await world.close();
});

async function signIn(at = world): Promise<TokenAnswer> {
  const scope = ['openid', 'profile', 'offline_access'];
  return await at.server.token(redeeming(await at.code({ scope, nonce: 'n' })));
}

function refresh(
  token: string | undefined,
  form: Readonly<Record<string, string>> = {},
  node: OAuthServer = world.server,
): Promise<TokenAnswer> {
  return node.token({
    form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: token, ...form },
    authorization: undefined,
    idempotencyKey: undefined,
  });
}

async function statusOf({ access_token: token }: TokenAnswer): Promise<string | undefined> {
  const [view] = await world.sessions.look([String(decodeJwt(token)['sid'])]);
  return view?.session.status;
}

describe('a refresh token', () => {
  test('brings new tokens of the same session, and works through many generations', async () => {
    const first = await signIn();
    let last = first;
    for (let generation = 0; generation < 20; generation += 1) {
      world.pass(60_000);
      const next = await refresh(last.refresh_token);
      expect(next.refresh_token).not.toBe(last.refresh_token);
      const [before, after] = [decodeJwt(last.access_token), decodeJwt(next.access_token)];
      expect(after['sid']).toBe(before['sid']);
      expect(after.jti).not.toBe(before.jti);
      expect((after.iat ?? 0) - (before.iat ?? 0)).toBe(60);
      last = next;
    }
    const id = decodeJwt(last.id_token ?? '');
    expect(id).not.toHaveProperty('nonce');
    expect(id['auth_time']).toBe(decodeJwt(first.id_token ?? '')['auth_time']);
  });

  test('used by fifty at a time on two nodes makes one new token, which then works', async () => {
    const { refresh_token: token } = await signIn();
    const nodes = [world.server, world.node()];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refresh(token, {}, nodes[index % 2])),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await errorOf(refresh(answers[0]?.refresh_token))).toBe('none');
  });

  test('before the newest gets the very same answer within 10 s', async () => {
    const { refresh_token: token } = await signIn();
    const newest = await refresh(token);
    world.pass(10_000);
    expect(await refresh(token)).toEqual(newest);
    expect(await errorOf(refresh(newest.refresh_token))).toBe('none');
  });

  test('before the newest, later, ends the whole session', async () => {
    const { refresh_token: token } = await signIn();
    const newest = await refresh(token);
    world.pass(10_001);
    expect(await errorOf(refresh(token))).toBe('invalid_grant');
    expect(await statusOf(newest)).toBe('revoked');
    expect(await errorOf(refresh(newest.refresh_token))).toBe('invalid_grant');
  });

  test('from before that ends the whole session at once', async () => {
    const { refresh_token: token } = await signIn();
    const newest = await refresh((await refresh(token)).refresh_token);
    expect(await errorOf(refresh(token))).toBe('invalid_grant');
    expect(await statusOf(newest)).toBe('revoked');
  });

  test('in the hands of another client opens nothing and ends nothing', async () => {
    world.register({ client_id: 'other', scope: 'openid offline_access' });
    const answer = await signIn();
    expect(await errorOf(refresh(answer.refresh_token, { client_id: 'other' }))).toBe('invalid_grant');
    expect(await errorOf(refresh(answer.refresh_token))).toBe('none');
  });

  test('forged, or of a session without offline_access, opens nothing', async () => {
    const { refresh_token: token = '' } = await signIn();
    const [sid = '', generation = '', mac = ''] = token.split('.');
    const forged = [
      `${sid}.${generation}0.${mac}`,
      `${sid}.${generation}.${mac.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))}`,
      `${token}.`,
      'x',
    ];
    for (const text of forged) expect(await errorOf(refresh(text))).toBe('invalid_grant');
    expect(await errorOf(refresh(''))).toBe('invalid_request');
  });

  test('may narrow the scope and not widen it', async () => {
    const { refresh_token: token } = await signIn();
    expect(await errorOf(refresh(token, { scope: 'openid email' }))).toBe('invalid_scope');
    const narrow = await refresh(token, { scope: 'profile' });
    expect(narrow.scope).toBe('profile');
    expect(narrow.id_token).toBeUndefined();
    expect((await refresh(narrow.refresh_token)).scope).toBe('openid profile offline_access');
  });

  test('does not outlive the session', async () => {
    const answer = await signIn();
    world.pass(86_400_000 - 1000 - 60_000);
    const last = await refresh(answer.refresh_token);
    expect(last.expires_in).toBe(61);
    world.pass(61_000);
    expect(await errorOf(refresh(last.refresh_token))).toBe('invalid_grant');
    expect(await statusOf(last)).toBe('expired');
  });

  test('of a locked user ends the session; while that cannot be asked, nothing is used up', async () => {
    const answer = await signIn();
    const away = world.node({ isActive: () => Promise.reject(new Error('away')) });
    await expect(refresh(answer.refresh_token, {}, away)).rejects.toThrow('away');
    expect(await statusOf(answer)).toBe('active');
    const locked = world.node({ isActive: () => Promise.resolve(false) });
    expect(await errorOf(refresh(answer.refresh_token, {}, locked))).toBe('invalid_grant');
    expect(await statusOf(answer)).toBe('revoked');
  });
});

test('a session outlives the key it was opened with', async () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64url'));
  if (old === undefined || fresh === undefined) throw new Error('no secrets');
  const before = await makeWorld({}, [fresh, old]);
  try {
    const ring = { key_id: before.keyIds[1] ?? '' };
    const scope = ['openid', 'offline_access'];
    const first = await before.server.token(redeeming(await before.code({ ...ring, scope })));
    const second = await refresh(first.refresh_token, {}, before.server);
    const kids = [first, second].map(
      ({ access_token: token }) => JSON.parse(atob(token.split('.')[0] ?? '')).kid,
    );
    expect(kids[0]).toBe((await before.keys.of(before.keyIds[1] ?? '', 'RS256'))?.kid);
    expect(kids[1]).toBe((await before.keys.of(before.keyIds[0] ?? '', 'RS256'))?.kid);
  } finally {
    await before.close();
  }
});
