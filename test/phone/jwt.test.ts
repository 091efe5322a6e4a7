import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { breaker } from '../../src/phone/breaker.ts';
import { jwtIdentity } from '../../src/phone/jwt.ts';
import type { JwtIdentityOptions, JwtRefusal } from '../../src/phone/jwt.ts';
import { keySource } from '../../src/phone/key-source.ts';
import type { KeySourceOptions } from '../../src/phone/key-source.ts';
import { isLinkLocal } from '../../src/outward/reach.ts';
import { outwardTo } from '../support/outward.ts';
import type { PhoneIdentity } from '../../src/phone/phone-identity.ts';
import { PhoneSourceAway } from '../../src/phone/phone-identity.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { phoneIdentityContract } from '../contract/phone-identity.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const ISSUER = 'https://app.example';
const AUDIENCE = 'scangate';
/** A secret that a careless issuer publishes among its keys. */
const SHARED = Buffer.alloc(32, 7);
const START = Date.UTC(2030, 0, 1);

/** The app's backend: keys that rotate, and a JWKS address that counts its calls and can break. */
class Backend {
  keys: { kid: string; privateKey: CryptoKey; publicKey: CryptoKey }[] = [];
  calls = 0;
  broken: 'no' | 'status' | 'hangs' = 'no';
  readonly server = createServer((_req, res) => {
    this.calls += 1;
    if (this.broken === 'hangs') return;
    void this.jwks().then((body) => res.writeHead(this.broken === 'no' ? 200 : 500).end(body));
  });

  async rotate(kid: string): Promise<void> {
    this.keys = [{ kid, ...(await generateKeyPair('ES256', { extractable: true })) }];
  }

  async jwks(): Promise<string> {
    const keys = await Promise.all(
      this.keys.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' })),
    );
    const shared = { kty: 'oct', k: SHARED.toString('base64url'), kid: 'shared', alg: 'HS256' };
    const odd = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'odd' };
    return JSON.stringify({ keys: [...keys, shared, odd] });
  }

  async start(): Promise<void> {
    await this.rotate('one');
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  sign(
    claims: Record<string, unknown> = {},
    options: { kid?: string; exp?: number | null; typ?: string } = {},
  ): Promise<string> {
    const [key] = this.keys;
    if (key === undefined) throw new Error('no key');
    const jwt = new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'u1', name: 'Ada', ...claims });
    if (options.exp !== null) jwt.setExpirationTime(options.exp ?? START / 1000 + 60);
    const { kid = key.kid, typ } = options;
    return jwt
      .setProtectedHeader({ alg: 'ES256', kid, ...(typ === undefined ? {} : { typ }) })
      .sign(key.privateKey);
  }
}

let clock = START;
const backends: Backend[] = [];

afterEach(async () => {
  clock = START;
});

const refusals: JwtRefusal[] = [];

function identityOf(
  from: string,
  more: Partial<KeySourceOptions> = {},
  rules: Partial<JwtIdentityOptions> = {},
): PhoneIdentity {
  const bounded = breaker({
    timeoutMs: 200,
    tries: 2,
    pauseMs: 5,
    failuresMax: 3,
    openMs: 1000,
    time: { ...systemTime, now: () => clock },
    random: () => 0.5,
  });
  const keys = keySource({
    from,
    breaker: bounded,
    freshMs: 600_000,
    cooldownMs: 30_000,
    now: () => clock,
    call: outwardTo(),
    named: true,
    ...more,
  });
  return jwtIdentity({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys,
    claims: [],
    toleranceMs: 5000,
    lifeMaxMs: 3_600_000,
    now: () => clock,
    onRefusal: (reason) => void refusals.push(reason),
    ...rules,
  });
}

async function started(): Promise<Backend> {
  const backend = new Backend();
  await backend.start();
  backends.push(backend);
  return backend;
}

async function stopAll(): Promise<void> {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()));
}

phoneIdentityContract('jwt', async () => {
  const backend = await started();
  const stranger = await started();
  const away = await started();
  away.broken = 'hangs';
  const [key] = backend.keys;
  if (key === undefined) throw new Error('no key');
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'u1', exp: START / 1000 + 60 };
  const none = `${part({ alg: 'none' })}.${part(claims)}.`;
  const confused = `${part({ alg: 'HS256', kid: 'one' })}.${part(claims)}`;
  const mac = createHmac('sha256', await exportSPKI(key.publicKey))
    .update(confused)
    .digest('base64url');
  const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'shared' }).sign(SHARED);
  return {
    identity: identityOf(backend.address),
    good: [
      {
        what: 'jwt',
        credential: { bearer: await backend.sign() },
        user: { source: 'jwt', issuer: ISSUER, subject: 'u1', name: 'Ada' },
      },
      {
        what: 'a picture that can be shown, an audience among others',
        credential: {
          bearer: await backend.sign({ picture: 'https://app.example/p', aud: ['x', AUDIENCE] }),
        },
        user: { source: 'jwt', issuer: ISSUER, subject: 'u1', name: 'Ada', picture: 'https://app.example/p' },
      },
      {
        what: 'a picture that is a script',
        credential: { bearer: await backend.sign({ picture: 'javascript:alert(1)', name: 7 }) },
        user: { source: 'jwt', issuer: ISSUER, subject: 'u1' },
      },
    ],
    bad: [
      { what: 'another audience', credential: { bearer: await backend.sign({ aud: 'else' }) } },
      { what: 'another issuer', credential: { bearer: await backend.sign({ iss: 'https://else.example' }) } },
      { what: 'outdated', credential: { bearer: await backend.sign({}, { exp: START / 1000 - 60 }) } },
      { what: 'without an end', credential: { bearer: await backend.sign({}, { exp: null }) } },
      { what: 'not yet', credential: { bearer: await backend.sign({ nbf: START / 1000 + 30 }) } },
      { what: 'without a subject', credential: { bearer: await backend.sign({ sub: undefined }) } },
      { what: 'an empty subject', credential: { bearer: await backend.sign({ sub: '' }) } },
      { what: 'signed by a stranger under our key id', credential: { bearer: await stranger.sign() } },
      {
        what: 'signed under a key id of the issuer’s whose key is none',
        credential: { bearer: await backend.sign({}, { kid: 'odd' }) },
      },
      { what: 'alg none', credential: { bearer: none } },
      { what: 'HS256 with a secret among the keys', credential: { bearer: shared } },
      { what: 'HS256 with the public key as the secret', credential: { bearer: `${confused}.${mac}` } },
      { what: 'a jwt in the cookie', credential: { pageSession: await backend.sign() } },
    ],
    calls: () => backend.calls,
    away: { identity: identityOf(away.address), credential: { bearer: await away.sign() }, withinMs: 15_000 },
    close: stopAll,
  };
});

test('keys are fetched once, not per request, and again when they are old, beside the requests', async () => {
  const backend = await started();
  const identity = identityOf(backend.address);
  const bearer = await backend.sign({}, { exp: START / 1000 + 3600 });
  await Promise.all(Array.from({ length: 20 }, () => identity.identify({ bearer })));
  expect(backend.calls).toBe(1);
  clock += 700_000;
  backend.broken = 'status';
  expect(await identity.identify({ bearer })).toBeDefined();
  await until(() => backend.calls > 1);
  expect(await identity.identify({ bearer })).toBeDefined();
  await stopAll();
});

test('a new key is taken at once; unknown keys do not make the gateway ask again and again', async () => {
  const backend = await started();
  const identity = identityOf(backend.address);
  const before = await backend.sign();
  expect(await identity.identify({ bearer: before })).toBeDefined();
  clock += 31_000;
  await backend.rotate('two');
  const after = await Promise.all(
    [backend.sign(), backend.sign({ sub: 'u2' })].map(async (bearer) =>
      identity.identify({ bearer: await bearer }),
    ),
  );
  expect(after.map((user) => user?.subject)).toEqual(['u1', 'u2']);
  expect(backend.calls).toBe(2);
  const forged = await backend.sign({}, { kid: 'never' });
  for (let count = 0; count < 10; count += 1)
    expect(await identity.identify({ bearer: forged })).toBeUndefined();
  expect(backend.calls).toBe(2);
  expect(await identity.identify({ bearer: before })).toBeUndefined();
  await stopAll();
});

test('a source that keeps failing is left alone for a while', async () => {
  const backend = await started();
  backend.broken = 'status';
  const identity = identityOf(backend.address);
  const bearer = await backend.sign();
  for (let count = 0; count < 10; count += 1)
    await expect(identity.identify({ bearer })).rejects.toBeInstanceOf(PhoneSourceAway);
  expect(backend.calls).toBe(6);
  backend.broken = 'no';
  clock += 1001;
  expect(await identity.identify({ bearer })).toBeDefined();
  await stopAll();
});

test('keys may come from a file, and a changed file counts', async () => {
  const backend = await started();
  const folder = await temporaryFolder();
  const file = join(folder.path, 'jwks.json');
  writeFileSync(file, await backend.jwks());
  const identity = identityOf(file);
  expect(await identity.identify({ bearer: await backend.sign() })).toBeDefined();
  await backend.rotate('two');
  writeFileSync(file, await backend.jwks());
  clock += 31_000;
  expect(await identity.identify({ bearer: await backend.sign() })).toBeDefined();
  await folder.remove();
  await stopAll();
});

test('the issuer’s clock may be off by the tolerance, and a token may live no longer than it may', async () => {
  const backend = await started();
  const at = (seconds: number): number => START / 1000 + seconds;
  const strict = identityOf(backend.address, {}, { toleranceMs: 0, lifeMaxMs: 86_400_000 });
  const lenient = identityOf(backend.address, {}, { toleranceMs: 30_000, lifeMaxMs: 3_600_000 });
  const subjects = async (claims: Record<string, unknown>, exp: number): Promise<unknown[]> => {
    const bearer = await backend.sign(claims, { exp: at(exp) });
    return await Promise.all([strict, lenient].map(async (one) => (await one.identify({ bearer }))?.subject));
  };
  expect(await subjects({}, -29)).toEqual([undefined, 'u1']);
  expect(await subjects({ nbf: at(29) }, 60)).toEqual([undefined, 'u1']);
  expect(await subjects({}, -31)).toEqual([undefined, undefined]);
  expect(await subjects({ iat: at(-1800) }, 1800)).toEqual(['u1', 'u1']);
  expect(await subjects({ iat: at(-1801) }, 1800)).toEqual(['u1', undefined]);
  expect(await subjects({}, 3600)).toEqual(['u1', 'u1']);
  expect(await subjects({}, 3601)).toEqual(['u1', undefined]);
  expect(await subjects({ iat: at(30) }, 3630)).toEqual(['u1', 'u1']);
  expect(await subjects({ iat: at(3600) }, 3631)).toEqual(['u1', undefined]);
  await stopAll();
});

test('each refusal is counted by its reason, with and without somebody who wants to know why', async () => {
  const backend = await started();
  const stranger = await started();
  const identity = identityOf(backend.address, {}, { lifeMaxMs: 60_000 });
  refusals.length = 0;
  const bearers = [
    'no jwt',
    await backend.sign({ iss: 'https://else.example' }),
    await backend.sign({ aud: 'else' }),
    await backend.sign({}, { exp: START / 1000 - 60 }),
    await backend.sign({ nbf: START / 1000 + 60 }),
    await backend.sign({}, { exp: START / 1000 + 61 }),
    await backend.sign({ sub: undefined }),
    await backend.sign({ sub: '' }),
    await new SignJWT({ iss: ISSUER }).setProtectedHeader({ alg: 'HS256' }).sign(SHARED),
    await backend.sign({}, { kid: 'never' }),
    await backend.sign({}, { kid: 'odd' }),
    await stranger.sign(),
  ];
  for (const bearer of bearers) expect(await identity.identify({ bearer })).toBeUndefined();
  expect(refusals).toEqual(
    ['malformed', 'issuer', 'audience', 'expired', 'not_yet', 'life', 'claim', 'claim'].concat([
      'algorithm',
      'key',
      'key',
      'signature',
    ]),
  );
  expect(await identity.identify({ pageSession: 'x' })).toBeUndefined();
  expect(refusals).toHaveLength(bearers.length);
  await stopAll();
});

test('attack: what its issuer signed for something else proves no phone', async () => {
  const backend = await started();
  const identity = identityOf(backend.address);
  for (const typ of ['JWT', 'at+jwt', 'its own'])
    expect(await identity.identify({ bearer: await backend.sign({}, { typ }) })).toBeDefined();
  for (const typ of [
    'logout+jwt',
    'application/LOGOUT+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'scangate-receipt+jwt',
  ])
    expect(await identity.identify({ bearer: await backend.sign({}, { typ }) })).toBeUndefined();
  await stopAll();
});

test('a byte order mark before the keys is read over, in a file and at an address', async () => {
  const backend = await started();
  const folder = await temporaryFolder();
  const file = join(folder.path, 'jwks.json');
  const jwks = backend.jwks.bind(backend);
  backend.jwks = async () => `\uFEFF${await jwks()}`;
  writeFileSync(file, await backend.jwks());
  for (const from of [file, backend.address])
    expect(await identityOf(from).identify({ bearer: await backend.sign() })).toBeDefined();
  await folder.remove();
  await stopAll();
});

test('attack: keys at an address of the link itself are never asked for', async () => {
  const backend = await started();
  const bearer = await backend.sign();
  for (const found of [['169.254.169.254'], ['127.0.0.1', 'fe80::1'], ['::ffff:169.254.1.1']]) {
    const identity = identityOf(backend.address.replace('127.0.0.1', 'localhost'), {
      call: outwardTo(() => Promise.resolve(found)),
    });
    await expect(identity.identify({ bearer })).rejects.toBeInstanceOf(PhoneSourceAway);
  }
  expect(backend.calls).toBe(0);
  const local = [
    'http://169.254.169.254/',
    'http://0xa9fea9fe/',
    'http://[fe80::1]/',
    'http://[::ffff:a9fe:1]/',
  ];
  expect(local.filter((address) => !isLinkLocal(new URL(address)))).toEqual([]);
  expect(['http://127.0.0.1/', 'https://keys.example/'].some((one) => isLinkLocal(new URL(one)))).toBe(false);
  await stopAll();
});
