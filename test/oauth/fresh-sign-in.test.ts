import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import * as client from 'openid-client';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { startEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { approve, openPage } from './sign-in-page.ts';
import type { PageRequest } from './sign-in-page.ts';
import { errorOf, makeWorld } from './world.ts';

const CALLBACK = 'http://localhost:3000/callback';
const TOO_OLD = 'insufficient_user_authentication';

let folder: TemporaryFolder;
/** Phones of the gateway's own page, and phones of an app with JWTs. */
let gateway: WarmGateway;
let appGateway: WarmGateway;
let warm: Warm;
let appKey: CryptoKey;

beforeAll(async () => {
  folder = await temporaryFolder();
  const file = join(folder.path, 'clients.json');
  const common = { redirect_uris: [CALLBACK], scope: 'openid profile' };
  const clients = [
    { ...common, client_id: 'shop' },
    { ...common, client_id: 'bank', default_max_age: 60 },
  ];
  writeFileSync(file, JSON.stringify(clients));
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  appKey = privateKey;
  const jwks = join(folder.path, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }));
  const env = { SCANGATE_CLIENTS_FILE: file };
  const ofApp = {
    SCANGATE_PHONE_IDENTITY: 'jwt',
    SCANGATE_PHONE_JWT_ISSUER: 'https://app.example',
    SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
    SCANGATE_PHONE_JWT_JWKS: jwks,
  };
  warm = startWarm();
  [gateway, appGateway] = await Promise.all([warm.gateway(env), warm.gateway({ ...env, ...ofApp })]);
});

afterAll(async () => {
  await warm?.stop();
  await folder.remove();
});

type Phone = Readonly<Record<string, string>>;

/** Signs a phone in on the approval page. */
async function pagePhone(name: string): Promise<Phone> {
  const headers = { 'sec-fetch-site': 'same-origin' };
  const answer = await call(`${gateway.url}/demo/phone`, { form: { name }, headers });
  expectStatus(answer, 303);
  return { ...headers, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

const appPhone = async (authTime?: number): Promise<Phone> => {
  const claims = { sub: 'ada', ...(authTime === undefined ? {} : { auth_time: authTime }) };
  const jwt = new SignJWT(claims).setIssuer('https://app.example').setAudience('scangate');
  const signed = await jwt.setExpirationTime('5m').setProtectedHeader({ alg: 'ES256' }).sign(appKey);
  return { authorization: `Bearer ${signed}` };
};

const nowS = (): number => Math.floor(Date.now() / 1000);

async function scanned(ticket: Minted, headers: Phone): Promise<Scanned & Record<string, unknown>> {
  const answer = await scan(ticket.gatewayUrl, readScanCode(ticket.notice), '', { headers });
  return expectStatus(answer, 201) as Scanned & Record<string, unknown>;
}

async function authTimeOf(ticket: Minted): Promise<unknown> {
  const { result } = expectStatus(await look(ticket), 200);
  const tokens = expectStatus(await redeem(ticket.gatewayUrl, ticket, result?.code ?? ''), 200);
  return decodeJwt(tokens.id_token ?? '')['auth_time'];
}

async function asking(more: Readonly<Record<string, string>>) {
  const execute = [client.allowInsecureRequests];
  const config = await client.discovery(new URL(gateway.url), 'shop', {}, client.None(), { execute });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...more,
  };
  return { config, parameters, pkceCodeVerifier };
}

describe('an application that asks for a fresh sign-in', () => {
  test.each([
    ['prompt=login', { prompt: 'login' }, false],
    ['max_age=0', { max_age: '0' }, false],
    ['a pushed max_age=1', { max_age: '1' }, true],
  ])('%s: gets one, and the time of it', async (_what, more, pushed) => {
    const old = await pagePhone('ada');
    await sleep(2100);
    const { config, parameters, pkceCodeVerifier } = await asking(more);
    const open = async (): Promise<PageRequest> =>
      await openPage(
        pushed
          ? await client.buildAuthorizationUrlWithPAR(config, parameters)
          : client.buildAuthorizationUrl(config, parameters),
      );
    const beganAt = nowS();
    await expect(approve(gateway.url, await open(), old)).rejects.toThrow(TOO_OLD);
    const redirect = await approve(gateway.url, await open(), () => pagePhone('ada'));
    const tokens = await client.authorizationCodeGrant(config, redirect, { pkceCodeVerifier, maxAge: 1 });
    expect(tokens.claims()?.auth_time).toBeGreaterThanOrEqual(beganAt);
  });

  test('is content with one that is young enough, and told when that was', async () => {
    const phone = await pagePhone('ada');
    const signedInBy = nowS();
    await sleep(1500);
    const { config, parameters, pkceCodeVerifier } = await asking({ max_age: '300' });
    const asked = await openPage(client.buildAuthorizationUrl(config, parameters));
    const redirect = await approve(gateway.url, asked, phone);
    const tokens = await client.authorizationCodeGrant(config, redirect, { pkceCodeVerifier, maxAge: 300 });
    expect(tokens.claims()?.auth_time).toBeLessThanOrEqual(signedInBy);
  });

  test.each(['-1', '1.5', 'soon', '1e3'])('cannot ask for max_age=%s', async (maxAge) => {
    const { config, parameters } = await asking({ max_age: maxAge });
    const { headers } = await call(client.buildAuthorizationUrl(config, parameters).href);
    expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  test('is told login_required where no source of phones knows when anyone signed in', async () => {
    const world = await makeWorld({ knowsAuthTime: false });
    try {
      const asked = {
        client_id: 'demo',
        redirect_uri: 'http://localhost:8080/demo/callback',
        response_type: 'code',
        code_challenge: 'c'.repeat(43),
        code_challenge_method: 'S256',
      };
      expect((await world.server.authorize(asked)).kind).toBe('show');
      for (const more of [{ prompt: 'login' }, { max_age: '5' }]) {
        const answer = await world.server.authorize({ ...asked, ...more });
        expect(answer).toMatchObject({ location: expect.stringContaining('error=login_required') });
      }
      const grant_types = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'];
      world.register({ client_id: 'tv', redirect_uris: [CALLBACK], grant_types, default_max_age: 60 });
      const proof = { authorization: undefined, form: { client_id: 'tv' } };
      const device = { ip: '127.0.0.1', agent: 'tv' };
      expect(await errorOf(world.server.deviceAuthorization(proof, device))).toBe('invalid_request');
    } finally {
      await world.close();
    }
  });

  test('nor opens a ticket there', async () => {
    const silent = { source: 'jwt', knowsAuthTime: false, identify: () => Promise.resolve(undefined) };
    const edge = await startEdge({
      clients: [{ default_max_age: 60 }, { client_id: 'other' }],
      over: { phones: phoneIdentities([silent]) },
    });
    try {
      const minting = (clientId: string): Promise<Answer> =>
        call(`${edge.url}/v1/tickets`, {
          json: {
            client_id: clientId,
            binding: 'bearer',
            code_challenge: 'c'.repeat(43),
            code_challenge_method: 'S256',
          },
        });
      expect((await minting('other')).status).toBe(201);
      const { status, body } = await minting('app');
      expect([status, body]).toEqual([400, expect.objectContaining({ code: 'invalid_request' })]);
    } finally {
      await edge.stop();
    }
  });
});

test('a client that always asks for one is warned of where WeChat alone says who holds the phone', async () => {
  const env = {
    SCANGATE_CLIENTS_FILE: join(folder.path, 'clients.json'),
    SCANGATE_PHONE_IDENTITY: 'wechat',
    SCANGATE_PHONE_WECHAT_APP_ID: 'wx0000000000000000',
    SCANGATE_PHONE_WECHAT_APP_SECRET: 'a-secret-of-the-account',
  };
  const port = String(await freePort());
  const store = `file:${join(folder.path, 'store')}`;
  const alone = { PORT: port, SCANGATE_STORE: store, SCANGATE_ADMIN_LISTEN: 'off' };
  const { stdout, stderr } = await warm.start({ ...env, ...alone });
  expect(stdout + stderr).toContain('client \\"bank\\" has default_max_age');
  const ofWechat = await warm.gateway(env);
  const asked = { redirect_uri: CALLBACK, response_type: 'code', state: 's', client_id: 'bank' };
  const address = `${ofWechat.url}/oauth/authorize?${new URLSearchParams(asked).toString()}`;
  const { headers } = await call(address);
  expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe('login_required');
});

describe('a phone that an app signed in', () => {
  const bank = () => mint(appGateway.url, { clientId: 'bank', redirectUri: CALLBACK });

  test('is told at the scan, refused while it is too old, and taken once it is fresh', async () => {
    const ticket = await bank();
    const old = await appPhone(nowS() - 100);
    const phone = await scanned(ticket, old);
    expect(phone).toMatchObject({ max_age: 60, fresh_needed: true });
    const refused = await confirm(appGateway.url, phone, '', { headers: old });
    expect([refused.status, refused.body]).toEqual([
      401,
      expect.objectContaining({ code: TOO_OLD, max_age: 60, ticket_status: 'scanned' }),
    ]);
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer error="${TOO_OLD}", max_age="60"`);
    const signedInAt = nowS() - 5;
    const fresh = await appPhone(signedInAt);
    expectStatus(await confirm(appGateway.url, phone, '', { headers: fresh }), 200);
    expectStatus(await confirm(appGateway.url, phone, '', { headers: old }), 200);
    expect(await authTimeOf(ticket)).toBe(signedInAt);
  });

  test('attack: that does not say when, or a time to come, or milliseconds, is not taken for fresh', async () => {
    const ticket = await bank();
    const silent = await appPhone();
    const phone = await scanned(ticket, silent);
    expect(phone['fresh_needed']).toBe(true);
    for (const unknown of [undefined, nowS() + 60, nowS() + 9_000_000, Date.now() - 9_000_000]) {
      const headers = await appPhone(unknown);
      const { status, body } = await confirm(appGateway.url, phone, '', { headers });
      expect([status, body]).toEqual([401, expect.objectContaining({ code: TOO_OLD })]);
    }
  });

  test('may have a clock that is a little ahead, which is not believed', async () => {
    const ticket = await bank();
    const ahead = await appPhone(nowS() + 20);
    const phone = await scanned(ticket, ahead);
    expect(phone['fresh_needed']).toBeUndefined();
    expectStatus(await confirm(appGateway.url, phone, '', { headers: ahead }), 200);
    expect(await authTimeOf(ticket)).toBeLessThanOrEqual(nowS());
  });

  test('is asked for nothing by an application that asks for nothing', async () => {
    const ticket = await mint(appGateway.url, { clientId: 'shop', redirectUri: CALLBACK });
    const old = await appPhone(nowS() - 9000);
    const phone = await scanned(ticket, old);
    expect(Object.keys(phone)).not.toEqual(expect.arrayContaining(['max_age']));
    expect(Object.keys(phone)).not.toEqual(expect.arrayContaining(['fresh_needed']));
    expectStatus(await confirm(appGateway.url, phone, '', { headers: old }), 200);
    expect(await authTimeOf(ticket)).toBeLessThan(nowS() - 8000);
  });
});

test('the scan lists what the application gets', async () => {
  const ticket = await mint(gateway.url, {
    clientId: 'shop',
    redirectUri: CALLBACK,
    scope: 'openid profile email',
  });
  const { release } = await scanned(ticket, await pagePhone('ada'));
  expect(release).toEqual({ scopes: ['openid', 'profile'], claims: ['name'] });
});
