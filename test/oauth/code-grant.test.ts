import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { s256, makeWorld, redeeming, errorOf, ISSUER, VERIFIER, CALLBACK, alice } from './world.ts';
import type { World } from './world.ts';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import { NotReplicated } from '../../src/store/event-store.ts';
import type { EventStore } from '../../src/store/event-store.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld(
    {},
    [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64url')),
  );
});

afterAll(async () => {
  await world.close();
});

describe('a code', () => {
  test('becomes tokens that the published keys check', async () => {
    const code = await world.code({ nonce: 'n-1' });
    world.pass(1500);
    const answer = await world.server.token(redeeming(code));
    expect(Object.keys(answer)).toEqual(['access_token', 'token_type', 'expires_in', 'scope', 'id_token']);
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'openid profile' });
    const keys = createLocalJWKSet((await world.keys.jwks()) as unknown as JSONWebKeySet);
    const options = { issuer: ISSUER, currentDate: new Date(world.now()) };
    const access = await jwtVerify(answer.access_token, keys, {
      ...options,
      audience: ISSUER,
      typ: 'at+jwt',
    });
    expect(access.protectedHeader.alg).toBe('RS256');
    const id = await jwtVerify(answer.id_token ?? '', keys, { ...options, audience: 'demo', typ: 'JWT' });
    const iat = Math.floor(world.now() / 1000);
    expect(access.payload).toMatchObject({ sub: 'alice', client_id: 'demo', scope: 'openid profile', iat });
    expect(Object.keys(access.payload)).toEqual(expect.arrayContaining(['jti', 'sid', 'exp']));
    expect(id.protectedHeader.alg).toBe('RS256');
    expect(id.payload).toMatchObject({
      sub: 'alice',
      nonce: 'n-1',
      name: 'Alice',
      sid: access.payload['sid'],
    });
    expect(id.payload['auth_time']).toBe(Math.floor((world.now() - 1500) / 1000));
    expect(await world.server.tokens.readAccess(answer.access_token)).toMatchObject({ sub: 'alice' });
    expect(await world.server.tokens.readAccess(answer.id_token ?? '')).toBeUndefined();
    const key = await world.keys.of(world.keyIds[0] ?? '', 'RS256');
    if (key === undefined) throw new Error('no key');
    const header = { alg: 'RS256', kid: key.kid, typ: 'JWT' };
    const other = await new SignJWT(access.payload).setProtectedHeader(header).sign(key.privateKey);
    expect(await world.server.tokens.readAccess(other)).toBeUndefined();
  });

  test('of a ticket without a redirect address needs none, and minds none', async () => {
    for (const redirectUri of [undefined, CALLBACK]) {
      const code = await world.code({ redirect_uri: undefined });
      expect(await errorOf(world.server.token(redeeming(code, { redirect_uri: redirectUri })))).toBe('none');
    }
  });

  test('without openid gives no ID token, without offline_access no refresh token', async () => {
    const plain = await world.server.token(redeeming(await world.code({ scope: ['profile'] })));
    expect(plain.id_token).toBeUndefined();
    const offline = await world.server.token(
      redeeming(await world.code({ scope: ['openid', 'offline_access'] })),
    );
    expect(offline.refresh_token).toBeDefined();
    expect(decodeJwt(offline.id_token ?? '')).not.toHaveProperty('name');
  });

  test.each([
    [undefined, 'RS256', 'sha256'],
    ['RS256', 'RS256', 'sha256'],
    ['ES256', 'ES256', 'sha256'],
    ['EdDSA', 'EdDSA', 'sha512'],
  ])('of a client that registered %s brings an ID token of %s', async (registered, alg, hash) => {
    const row = { client_id: 'app', redirect_uris: [CALLBACK], scope: 'openid' };
    world.register({ ...row, ...(registered && { id_token_signed_response_alg: registered }) });
    const code = await world.code({ client_id: 'app' });
    const answer = await world.server.token(redeeming(code, { client_id: 'app' }));
    const keys = createLocalJWKSet((await world.keys.jwks()) as unknown as JSONWebKeySet);
    const { protectedHeader, payload } = await jwtVerify(answer.id_token ?? '', keys, {
      currentDate: new Date(world.now()),
    });
    expect(protectedHeader.alg).toBe(alg);
    const digest = createHash(hash).update(answer.access_token).digest();
    expect(payload['at_hash']).toBe(digest.subarray(0, digest.length / 2).toString('base64url'));
    expect(decodeProtectedHeader(answer.access_token).alg).toBe('RS256');
    expect(await world.server.tokens.readAccess(answer.access_token)).toBeDefined();
  });

  test.each(['RS256', 'ES256', 'EdDSA'])(
    'of a client whose policy says %s brings an access token of it that is one of ours',
    async (alg) => {
      const row = { client_id: 'app', redirect_uris: [CALLBACK], scope: 'openid offline_access' };
      world.register({ ...row, scangate: { access_token_alg: alg } });
      const code = await world.code({ client_id: 'app', scope: ['openid', 'offline_access'] });
      const first = await world.server.token(redeeming(code, { client_id: 'app' }));
      const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token, client_id: 'app' };
      const second = await world.server.token({ ...redeeming(''), form });
      const keys = createLocalJWKSet((await world.keys.jwks()) as unknown as JSONWebKeySet);
      for (const answer of [first, second]) {
        const { protectedHeader } = await jwtVerify(answer.access_token, keys, {
          typ: 'at+jwt',
          currentDate: new Date(world.now()),
        });
        expect(protectedHeader.alg).toBe(alg);
        expect(decodeProtectedHeader(answer.id_token ?? '').alg).toBe('RS256');
        const digest = createHash('sha256').update(answer.access_token).digest();
        expect(decodeJwt(answer.id_token ?? '')['at_hash']).toBe(
          digest.subarray(0, 16).toString('base64url'),
        );
        expect(await world.node().tokens.readAccess(answer.access_token)).toMatchObject({ client_id: 'app' });
      }
    },
  );

  test('is redeemed once among fifty at a time', async () => {
    const code = await world.code();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => errorOf(world.server.token(redeeming(code)))),
    );
    expect(answers.filter((error) => error === 'none')).toHaveLength(1);
    expect(answers.filter((error) => error === 'invalid_grant')).toHaveLength(49);
  });
});

describe('a lost answer', () => {
  test('is given again, byte for byte, on any node, to the same key within the window', async () => {
    const code = await world.code({ scope: ['openid', 'profile', 'offline_access'], nonce: 'n' });
    const request = redeeming(code, {}, { idempotencyKey: 'key-1' });
    const answers = await Promise.all(
      [world.server, world.node(), world.node()].map((node) => node.token(request)),
    );
    world.pass(9_999);
    answers.push(await world.node().token(request));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await errorOf(world.server.token(redeeming(code, {}, { idempotencyKey: 'key-2' })))).toBe(
      'invalid_grant',
    );
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
    world.pass(2);
    expect(await errorOf(world.server.token(request))).toBe('invalid_grant');
  });

  test('is given to nobody whose session was ended before it opened, and nothing opens', async () => {
    const code = await world.code();
    const ticketId = code.split('.')[0] ?? '';
    const { ticket } = await world.tickets.look(ticketId, () => {});
    const sid = world.secrets.sid(ticketId, ticket.minted.key_id, ticket.confirmed?.id ?? '0-0');
    await world.sessions.revoke(sid, 'user');
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
    const [view] = await world.sessions.look([sid]);
    expect([view?.session.status, view?.session.opened]).toEqual(['revoked', undefined]);
  });

  test('that was `not_replicated` is given once to the same request, without a key', async () => {
    let replicas = 0;
    const store: EventStore = {
      ...world.store,
      append: async (batch) => {
        const result = await world.store.append(batch);
        if (replicas === 0) throw new NotReplicated('no replica has it');
        return result;
      },
    };
    const makeNonce = (): string => BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
    const lonely = world.node({ tickets: ticketCommands({ store, makeNonce, tries: 60 }) });
    for (const waitMs of [0, 9_000]) {
      replicas = 0;
      const code = await world.code();
      await expect(lonely.token(redeeming(code))).rejects.toMatchObject({ code: 'not_replicated' });
      world.pass(waitMs);
      replicas = 1;
      const wrong = redeeming(code, { code_verifier: 'x'.repeat(43) });
      expect(await errorOf(world.server.token(wrong))).toBe('invalid_grant');
      const answers = await Promise.all(
        [lonely, world.server, world.node()].map((node) => errorOf(node.token(redeeming(code)))),
      );
      expect(answers.toSorted()).toEqual(['invalid_grant', 'invalid_grant', 'none']);
      expect(await errorOf(lonely.token(redeeming(code)))).toBe('invalid_grant');
    }
    const late = await world.code();
    replicas = 0;
    await expect(lonely.token(redeeming(late))).rejects.toMatchObject({ code: 'not_replicated' });
    world.pass(10_001);
    expect(await errorOf(lonely.token(redeeming(late)))).toBe('invalid_grant');
  });

  test('is given to nobody who sends another body under the same key', async () => {
    const code = await world.code();
    const more = { idempotencyKey: 'key-1' };
    await world.server.token(redeeming(code, {}, more));
    const other = world.server.token(redeeming(code, { code_verifier: 'x'.repeat(43) }, more));
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    expect((await world.server.token(redeeming(code, {}, more))).token_type).toBe('Bearer');
  });

  test('is given to nobody after a sign-out', async () => {
    const code = await world.code();
    const request = redeeming(code, {}, { idempotencyKey: 'key-1' });
    const { access_token: token } = await world.server.token(request);
    const claims = await world.server.tokens.readAccess(token);
    await world.sessions.revoke(claims?.sid ?? '', 'user');
    expect(await errorOf(world.server.token(request))).toBe('invalid_grant');
  });
});

describe('attack: a code', () => {
  async function sessionOf(code: string): Promise<string | undefined> {
    const ticketId = code.split('.')[0] ?? '';
    const { ticket } = await world.tickets.look(ticketId, () => {});
    const sid = world.secrets.sid(ticketId, ticket.minted.key_id, ticket.confirmed?.id ?? '0-0');
    const [view] = await world.sessions.look([sid]);
    return view?.session.status;
  }

  test.each([
    ['without a verifier', { code_verifier: undefined }],
    ['with another verifier', { code_verifier: 'w'.repeat(43) }],
    ['with the challenge as verifier (plain)', { code_verifier: s256(VERIFIER) }],
    ['with a verifier that is too short', { code_verifier: 'v'.repeat(42) }],
    ['with a verifier that is too long', { code_verifier: 'v'.repeat(129) }],
    ['with another redirect address', { redirect_uri: `${CALLBACK}/` }],
    ['without the redirect address', { redirect_uri: undefined }],
    ['by another client', { client_id: 'other' }],
  ])('%s opens nothing, and is not used up', async (_name, form) => {
    world.register({ client_id: 'other', redirect_uris: [CALLBACK] });
    const code = await world.code();
    expect(await errorOf(world.server.token(redeeming(code, form)))).toBe('invalid_grant');
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('none');
  });

  test('that is expired, forged, of another ticket or a browser secret opens nothing', async () => {
    const expired = await world.code();
    world.pass(60_000);
    expect(await errorOf(world.server.token(redeeming(expired)))).toBe('invalid_grant');
    const code = await world.code();
    const [ticketId = '', confirmed = '', mac = ''] = code.split('.');
    const other = (await world.code()).split('.')[0] ?? '';
    const forged = [
      `${other}.${confirmed}.${mac}`,
      `${ticketId}.${confirmed.replace(/^3/, '2')}.${mac}`,
      `${ticketId}.${confirmed}.${mac.slice(0, -1)}${mac.endsWith('A') ? 'Q' : 'A'}`,
      `${code}.x`,
      'x',
      code.replaceAll('.', ' '),
      world.secrets.handshake(
        ticketId,
        (await world.tickets.look(ticketId, () => {})).ticket.minted.key_id,
        '2-1',
      ),
    ];
    const confirmedId = confirmed as `${number}-${string}`;
    forged.push(
      world.secrets.code(ticketId, world.keyIds[0] ?? '', '3-1'),
      world.secrets.code(ticketId, world.keyIds[1] ?? '', confirmedId),
    );
    for (const text of forged)
      expect(await errorOf(world.server.token(redeeming(text)))).toBe('invalid_grant');
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('none');
  });

  test('minted for a verifier that nobody may have opens nothing', async () => {
    for (const verifier of ['short', 'v'.repeat(42), 'v'.repeat(129), `${'v'.repeat(43)}!`]) {
      const code = await world.code({ code_challenge: s256(verifier) });
      expect(await errorOf(world.server.token(redeeming(code, { code_verifier: verifier })))).toBe(
        'invalid_grant',
      );
    }
  });

  test('of a device ticket opens nothing', async () => {
    const code = await world.code({ grant: 'device_code' });
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
  });

  test('used again within the window is refused and ends nothing; later it ends what it opened', async () => {
    const code = await world.code();
    await world.server.token(redeeming(code));
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
    expect(await sessionOf(code)).toBe('active');
    world.pass(10_001);
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
    expect(await sessionOf(code)).toBe('revoked');
  });

  test('seen by a thief is no way to sign the user out', async () => {
    const code = await world.code();
    await world.server.token(redeeming(code));
    world.pass(10_001);
    for (const form of [
      { code_verifier: 'w'.repeat(43) },
      { code_verifier: undefined },
      { client_id: 'other' },
    ])
      expect(await errorOf(world.server.token(redeeming(code, form)))).toBe('invalid_grant');
    expect(await sessionOf(code)).toBe('active');
  });

  test('whose challenge was stripped is refused when a verifier comes along', async () => {
    world.register({ client_id: 'lax', redirect_uris: [CALLBACK], scangate: { pkce: 'optional' } });
    const code = await world.code({ client_id: 'lax', nonce: 'n', code_challenge: undefined });
    expect(await errorOf(world.server.token(redeeming(code, { client_id: 'lax' })))).toBe('invalid_grant');
    const bare = redeeming(code, { client_id: 'lax', code_verifier: undefined });
    expect(await errorOf(world.server.token(bare))).toBe('none');
  });
});

describe('a token request', () => {
  test('names what is missing or unknown', async () => {
    const code = await world.code();
    const ask = (form: Record<string, string | undefined>): Promise<string> =>
      errorOf(world.server.token(redeeming(code, form)));
    expect(await ask({ grant_type: undefined })).toBe('invalid_request');
    expect(await ask({ grant_type: 'password' })).toBe('unsupported_grant_type');
    expect(await ask({ code: undefined })).toBe('invalid_request');
    expect(await ask({ client_id: undefined })).toBe('invalid_client');
    expect(await ask({ client_id: 'nobody' })).toBe('invalid_client');
  });

  test('a locked user gets nothing, and the code is not used up', async () => {
    const code = await world.code();
    const locked = world.node({ isActive: (user) => Promise.resolve(user.subject !== alice.subject) });
    expect(await errorOf(locked.token(redeeming(code)))).toBe('invalid_grant');
    const away = world.node({ isActive: () => Promise.reject(new Error('away')) });
    await expect(away.token(redeeming(code))).rejects.toThrow('away');
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('none');
  });
});
