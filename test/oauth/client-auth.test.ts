import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, createLocalJWKSet, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { ASSERTION_TYPE } from '../../src/oauth/clients/client-assertion.ts';
import { CALLBACK, ISSUER, errorOf, makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a:secret+with%every~mark';
const OTHER = 'o'.repeat(20);

let world: World;
let key: CryptoKey;
let stranger: CryptoKey;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  stranger = (await generateKeyPair('ES256')).privateKey;
  key = pair.privateKey;
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] };
  world = await makeWorld({ remoteKeys: () => createLocalJWKSet(jwks) });
  const redirects = { redirect_uris: [CALLBACK] };
  world.register({ client_id: 'web', client_secret: SECRET, ...redirects });
  world.register({ client_id: 'other', client_secret: OTHER, ...redirects });
  world.register({ client_id: 'signer', jwks, ...redirects });
  world.register({ client_id: 'old', jwks, ...redirects, scangate: { endpoint_audiences: true } });
  world.register({ client_id: 'remote', jwks_uri: 'https://client.example/jwks', ...redirects });
});

afterAll(async () => {
  await world.close();
});

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

async function ask(
  clientId: string,
  form: Readonly<Record<string, string | undefined>>,
  authorization?: string,
): Promise<string> {
  const code = await world.code({ client_id: clientId });
  return await errorOf(world.server.token(redeeming(code, form, { authorization })));
}

async function assertion(
  claims: Readonly<Record<string, unknown>> = {},
  { by = key, life = 60 }: { by?: CryptoKey; life?: number | null } = {},
): Promise<Record<string, string | undefined>> {
  const jwt = new SignJWT({
    iss: 'signer',
    sub: 'signer',
    aud: ISSUER,
    jti: String(Math.random()),
    ...claims,
  }).setProtectedHeader({ alg: 'ES256', kid: 'k1' });
  if (life !== null) jwt.setExpirationTime(Math.floor(world.now() / 1000) + life);
  return {
    client_id: undefined,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await jwt.sign(by),
  };
}

describe('a client with a secret', () => {
  test('may send it in the header, with or without its id in the form, or in the form', async () => {
    expect(await ask('web', { client_id: undefined }, basic('web', SECRET))).toBe('none');
    expect(await ask('web', { client_id: 'web' }, basic('web', SECRET))).toBe('none');
    expect(await ask('web', { client_id: 'web', client_secret: SECRET })).toBe('none');
  });

  test.each([
    ['no secret', { client_id: 'web' }, undefined],
    ['a wrong one', { client_id: 'web', client_secret: OTHER }, undefined],
    ['an empty one', { client_id: 'web', client_secret: '' }, undefined],
    ['a wrong one in the header', { client_id: undefined }, basic('web', OTHER)],
    ['the id of another client in the form', { client_id: 'other' }, basic('web', SECRET)],
    ['a header without a colon', { client_id: undefined }, `Basic ${btoa('web')}`],
    ['a wrong one that is not percent-encoded', { client_id: undefined }, `Basic ${btoa('web:%zz')}`],
    ['an empty one in the header', { client_id: undefined }, `Basic ${btoa('web:')}`],
    ['an empty one, of a client with a key', { client_id: 'signer', client_secret: '' }, undefined],
    ['another one of a public client', { client_id: undefined }, `Basic ${btoa('demo:x')}`],
    ['an empty one of an unknown client', { client_id: undefined }, `Basic ${btoa('nobody:')}`],
    ['an unknown client', { client_id: 'nobody', client_secret: SECRET }, undefined],
    ['a client that has none', { client_id: 'demo', client_secret: SECRET }, undefined],
  ])('%s is invalid_client', async (_what, form, authorization) => {
    expect(await ask('web', form, authorization)).toBe('invalid_client');
  });

  test.each(['Zk+9/a', 'a%41b', '100%', 'a:b:c', SECRET])(
    '%s may come encoded or as it is',
    async (secret) => {
      const client_id = `odd-${secret.length}`;
      world.register({ client_id, client_secret: secret, redirect_uris: [CALLBACK] });
      const form = { client_id: undefined };
      expect(await ask(client_id, form, `Basic ${btoa(`${client_id}:${secret}`)}`)).toBe('none');
      expect(await ask(client_id, form, basic(client_id, secret))).toBe('none');
      expect(await ask(client_id, form, `Basic ${btoa(`${client_id}:${secret}x`)}`)).toBe('invalid_client');
    },
  );

  test('two proofs at once are refused', async () => {
    expect(await ask('web', { client_secret: SECRET, client_id: 'web' }, basic('web', SECRET))).toBe(
      'invalid_request',
    );
  });
});

test('a public client that sends an empty secret is a public client', async () => {
  expect(await ask('demo', { client_id: undefined }, `Basic ${btoa('demo:')}`)).toBe('none');
  expect(await ask('demo', { client_id: 'demo' }, `Basic ${btoa('demo:')}`)).toBe('none');
  expect(await ask('demo', { client_secret: '' })).toBe('none');
  expect(await ask('web', { client_id: undefined }, `Basic ${btoa('demo:')}`)).toBe('invalid_grant');
});

describe('private_key_jwt', () => {
  test('proves its client, for the issuer, by registered or fetched keys', async () => {
    expect(await ask('signer', await assertion())).toBe('none');
    expect(await ask('signer', { ...(await assertion()), client_id: 'signer' })).toBe('none');
    expect(await ask('remote', await assertion({ iss: 'remote', sub: 'remote' }))).toBe('none');
  });

  test('counts once, on every node', async () => {
    const form = await assertion();
    expect(await ask('signer', form)).toBe('none');
    const code = await world.code({ client_id: 'signer' });
    expect(await errorOf(world.node().token(redeeming(code, form)))).toBe('invalid_client');
    world.pass(64_000);
    expect(await ask('signer', form)).toBe('invalid_client');
  });

  test.each([
    ['another audience', { aud: 'https://else.example' }, {}],
    ['the token endpoint as audience', { aud: `${ISSUER}/oauth/token` }, {}],
    ['a list of audiences', { aud: [ISSUER, 'https://evil.example'] }, {}],
    ['a list of one audience', { aud: [ISSUER] }, {}],
    ['a beginning that is too far', { iat: Date.UTC(2030, 0, 1) / 1000 - 330 }, {}],
    ['another issuer', { iss: 'web' }, {}],
    ['another subject', { sub: 'web' }, {}],
    ['no jti', { jti: undefined }, {}],
    ['an end that has passed', {}, { life: -6 }],
    ['no end', {}, { life: null }],
    ['an end that is too far', {}, { life: 306 }],
  ])('with %s is invalid_client', async (_what, claims, more) => {
    expect(await ask('signer', await assertion(claims, more))).toBe('invalid_client');
  });

  test.each([
    [ISSUER, 'none'],
    [`${ISSUER}/oauth/token`, 'none'],
    [`${ISSUER}/oauth/par`, 'none'],
    [[`${ISSUER}/oauth/token`], 'invalid_client'],
    [[ISSUER, `${ISSUER}/oauth/token`], 'invalid_client'],
    [`${ISSUER}/oauth/authorize`, 'invalid_client'],
    ['https://evil.example/oauth/token', 'invalid_client'],
  ])('of a client that may name endpoints, with the audience %j: %s', async (aud, outcome) => {
    expect(await ask('old', await assertion({ iss: 'old', sub: 'old', aud }))).toBe(outcome);
  });

  test('signed by a stranger, garbled, or of another type is refused', async () => {
    expect(await ask('signer', await assertion({}, { by: stranger }))).toBe('invalid_client');
    expect(await ask('signer', { ...(await assertion()), client_assertion: 'x.y.z' })).toBe('invalid_client');
    expect(await ask('signer', { ...(await assertion()), client_id: 'web' })).toBe('invalid_client');
    expect(await ask('signer', { ...(await assertion()), client_assertion_type: 'x' })).toBe(
      'invalid_request',
    );
    expect(await ask('signer', { client_id: 'signer' })).toBe('invalid_client');
  });

  test('attack: what is registered as a key and is none proves nothing, and is no failure of ours', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const keys = [
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'ES256' },
      { ...weak, kid: 'RS256' },
    ];
    world.register({ client_id: 'odd', jwks: { keys }, redirect_uris: [CALLBACK] });
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['ES256', 'RS256']) {
      const claims = { iss: 'odd', sub: 'odd', aud: ISSUER, jti: alg, exp: world.now() / 1000 + 60 };
      const client_assertion = `${part({ alg, kid: alg })}.${part(claims)}.AAAA`;
      const form = { client_id: undefined, client_assertion_type: ASSERTION_TYPE, client_assertion };
      expect(await ask('odd', form)).toBe('invalid_client');
    }
  });
});
