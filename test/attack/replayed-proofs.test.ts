import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { KeyHolder } from '../oauth/key-holder.ts';
import type { ProofOver } from '../oauth/key-holder.ts';
import { CALLBACK, ISSUER, errorOf, makeWorld, redeeming, s256, VERIFIER } from '../oauth/world.ts';
import type { World } from '../oauth/world.ts';

const TOKEN = `${ISSUER}/oauth/token`;
let world: World;
let holder: KeyHolder;

beforeAll(async () => {
  world = await makeWorld();
  holder = await KeyHolder.make();
});

afterAll(() => world.close());

/** Redeems a fresh code with a proof. */
async function redeem(dpop: string, node = world.server): Promise<string> {
  return await errorOf(node.token(redeeming(await world.code(), {}, { dpop })));
}

async function proof(over: ProofOver = {}): Promise<string> {
  holder.nonce = world.server.keyProofs.nonce();
  return await holder.proof('POST', TOKEN, undefined, over);
}

describe('attack: a proof that was seen', () => {
  test('counts once, at all nodes together', async () => {
    const seen = await proof();
    expect(await redeem(seen)).toBe('none');
    expect(await redeem(seen)).toBe('invalid_dpop_proof');
    expect(await redeem(seen, world.node())).toBe('invalid_dpop_proof');
    expect(await redeem(await proof())).toBe('none');
  });

  test('is over with its nonce, and remembered for as long', async () => {
    const [seen, kept] = [await proof(), await proof()];
    expect(await redeem(seen)).toBe('none');
    for (const passed of [60_000, 239_000]) {
      world.pass(passed);
      expect(await redeem(seen)).toBe('invalid_dpop_proof');
    }
    world.pass(2000);
    expect(await redeem(seen)).toBe('use_dpop_nonce');
    expect(await redeem(kept)).toBe('use_dpop_nonce');
  });
});

test('attack: a proof made ahead, for a nonce of nobody, or for a clock that was set wrong', async () => {
  const ahead = await proof();
  const { nonce = '' } = holder;
  const [at, mac] = nonce.split('.');
  const later = `${(parseInt(at ?? '', 36) + 3600).toString(36)}.${mac}`;
  for (const wrong of [undefined, '', 'x', `${nonce}.x`, later, `${at}.`, nonce.repeat(9)])
    expect(await redeem(await proof({ claims: { nonce: wrong } }))).toBe('use_dpop_nonce');
  expect(await redeem(await proof({ claims: { nonce: 7 } }))).toBe('invalid_dpop_proof');
  expect(await redeem(ahead)).toBe('none');
  // What a client's own clock says does not matter where its proof has a nonce.
  expect(await redeem(await proof({ claims: { iat: 1 } }))).toBe('none');
});

test('attack: a proof without a nonce, where one may be left out, that is not of now', async () => {
  const push = async (iat: number): Promise<string> => {
    const claims = { nonce: undefined, iat: Math.floor(world.now() / 1000) + iat };
    const dpop = await holder.proof('POST', `${ISSUER}/oauth/par`, undefined, { claims });
    const form = {
      client_id: 'demo',
      redirect_uri: CALLBACK,
      response_type: 'code',
      code_challenge: s256(VERIFIER),
      code_challenge_method: 'S256',
    };
    return await errorOf(world.server.pushed.push({ form, dpop, authorization: undefined }));
  };
  expect(await push(-301)).toBe('invalid_dpop_proof');
  expect(await push(301)).toBe('invalid_dpop_proof');
  expect(await push(299)).toBe('none');
  expect(await push(-299)).toBe('none');
});

describe('attack: something that is not a proof', () => {
  const cases: [string, () => Promise<string>][] = [
    ['another kind of token', () => proof({ header: { typ: 'JWT' } })],
    ['a token of no kind', () => proof({ header: { typ: undefined } })],
    ['one for another method', () => proof({ claims: { htm: 'GET' } })],
    ['one for another address', () => proof({ claims: { htu: `${ISSUER}/oauth/par` } })],
    ['one for another host', () => proof({ claims: { htu: 'https://evil.example/oauth/token' } })],
    ['one with a name in its address', () => proof({ claims: { htu: TOKEN.replace('//', '//a@') } })],
    ['one for no address', () => proof({ claims: { htu: 'oauth/token' } })],
    ['one without an id', () => proof({ claims: { jti: undefined } })],
    ['one with an empty id', () => proof({ claims: { jti: '' } })],
    ['one without a time', () => proof({ claims: { iat: undefined } })],
    ['one without a key', () => proof({ header: { jwk: undefined } })],
    [
      'one that holds the private key',
      async () => proof({ header: { jwk: { ...holder.publicKey, d: 'AA' } } }),
    ],
    ['one with a shared secret for a key', () => proof({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    [
      'one that another key signed',
      async () => proof({ signer: (await generateKeyPair('ES256')).privateKey }),
    ],
    ['one that is too long', () => proof({ claims: { more: 'x'.repeat(4096) } })],
    ['two', async () => `${await proof()}, ${await proof()}`],
    ['one that nobody signed', async () => `${(await proof()).split('.').slice(0, 2).join('.')}.`],
    ['nothing', () => Promise.resolve('')],
    ['no token', () => Promise.resolve('a.b.c')],
  ];
  test.each(cases)('%s', async (_name, make) => {
    expect(await redeem(await make())).toBe('invalid_dpop_proof');
  });

  test('a query behind the right address does not count', async () => {
    expect(await redeem(await proof({ claims: { htu: `${TOKEN}?a=b#c` } }))).toBe('none');
  });
});
